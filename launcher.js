'use strict';

// Starts the binary of this platform, passes signals on, and turns its end into the step's one result.
//
// The agent runs this file on any Node from 10 to 24. It must not load azure-pipelines-task-lib, which takes the
// inputs out of the environment that the binary inherits. It exits 0 and says a failure with task.complete: a failing
// exit status beside it would outlive the agent's retry of the step. Only where nobody reads its words any more, Node
// ends it with another status.

const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const windows = process.platform === 'win32';
const program = windows ? 'mirror-git-repository.exe' : 'mirror-git-repository';
const said = [0, 90]; // the binary's exit statuses for a success, and for a failure that it has told the agent
const grace = 6000; // ms that the binary gets from the first signal on: it needs less than 5000, the agent waits 7500

/** Ends the step as failed, for a reason that the binary could not say itself. */
function fail(reason) {
  const data = reason.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  process.stdout.write(`##vso[task.logissue type=error]${data}\n##vso[task.complete result=Failed;]\n`);
}

/** Finds the binary by what this Node runs on: AGENT_OS would name the host of a container. */
function findBinary() {
  const shipped = path.join(__dirname, 'bin');
  const here = `${process.platform}-${process.arch}`;
  const folders = windows ? [here, 'win32-x64'] : [here]; // Windows runs x64 programs on arm64, too
  const found = folders.map((folder) => path.join(shipped, folder, program)).find((file) => fs.existsSync(file));
  if (found) return found;
  const platforms = fs.existsSync(shipped) ? fs.readdirSync(shipped).sort().join(', ') : '';
  throw new Error(`this task holds no binary for ${here}; it holds ${platforms || 'none at all'}`);
}

/** Restores the executable bit, which a VSIX does not keep. What cannot be restored shows when the start fails. */
function makeExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
  } catch (denied) {
    try {
      fs.chmodSync(file, 0o755);
    } catch (readOnly) {
      // A folder of another user, or mounted read-only: a copy will do.
    }
  }
}

/** Copies the binary into a new folder that only this user can enter, removed when this process ends. */
function copyInto(parent, file) {
  const folder = fs.mkdtempSync(path.join(parent, 'mirror-git-repository-'));
  const copy = path.join(folder, program);
  process.on('exit', () => {
    for (const remove of [() => fs.unlinkSync(copy), () => fs.rmdirSync(folder)]) {
      try {
        remove();
      } catch (gone) {
        // The agent empties its temporary folder after the job.
      }
    }
  });
  fs.copyFileSync(file, copy);
  fs.chmodSync(copy, 0o700);
  return copy;
}

/** Starts `file`; where the system refuses to execute it (EACCES), a copy of it in one of `elsewhere`. */
function start(file, elsewhere) {
  const refused = (error) => {
    if (error.code !== 'EACCES') return fail(`cannot start '${file}': ${error.message}`);
    if (elsewhere.length === 0) return fail(`cannot start '${file}', nor a copy of it elsewhere: ${error.message}`);
    const [parent, ...rest] = elsewhere;
    let next = file;
    try {
      next = copyInto(parent, file);
    } catch (unwritable) {
      // The next place may do.
    }
    start(next, rest);
  };
  let child;
  try {
    // Its standard input ends with this process, however that ends, and then the binary ends, too.
    const env = Object.assign({}, process.env, { MIRROR_STARTED_BY: 'launcher' });
    child = spawn(file, [], { stdio: ['pipe', 'inherit', 'inherit'], env, windowsHide: false, detached: false });
  } catch (error) {
    return refused(error); // Node throws what it does not know to be a file's fault, such as a foreign format
  }
  child.on('error', refused);
  child.on('exit', ended);
  passSignalsTo(child);
}

/** Passes the agent's signals on; Windows sends Ctrl+C and Ctrl+Break to both. What does not end then is ended. */
function passSignalsTo(child) {
  let last;
  for (const signal of windows ? ['SIGINT', 'SIGBREAK'] : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (!windows) child.kill(signal);
      if (!last) last = setTimeout(() => child.kill('SIGKILL'), grace).unref();
    });
  }
}

function ended(status, signal) {
  if (!signal && said.includes(status)) return;
  const how = signal ? `was ended by ${signal}` : `ended with exit status ${status}`;
  fail(`the mirror ${how} before it could say its result; what, if anything, it changed at the destination is not known`);
}

try {
  const file = findBinary();
  if (!windows) makeExecutable(file);
  start(file, [process.env.AGENT_TEMPDIRECTORY, os.tmpdir()].filter(Boolean));
} catch (error) {
  fail(error.message);
}
