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
const told = 90; // the binary's exit status once it has told the agent its result; not 0, with which anything ends
const grace = 6000; // ms that the binary gets from the first signal on: it needs less than 5000, the agent waits 7500

/** Ends the step as failed, for a reason that the binary could not say itself. */
function fail(reason) {
  const data = reason.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  process.stdout.write(`##vso[task.logissue type=error]${data}\n##vso[task.complete result=Failed;]\n`);
}

/** Finds the binary, and its processor, by what this Node runs on: AGENT_OS would name the host of a container. */
function findBinary() {
  const shipped = path.join(__dirname, 'bin');
  const processors = windows ? [process.arch, 'x64'] : [process.arch]; // Windows runs x64 programs on arm64, too
  for (const processor of processors) {
    const file = path.join(shipped, `${process.platform}-${processor}`, program);
    if (fs.existsSync(file)) return { file, processor };
  }
  const platforms = fs.existsSync(shipped) ? fs.readdirSync(shipped).sort().join(', ') : '';
  const here = `${process.platform}-${process.arch}`;
  throw new Error(`this task holds no binary for ${here}; it holds ${platforms || 'none at all'}`);
}

// How a system tells a processor in the header of a program.
const machines = {
  linux: { x64: 0x3e, arm64: 0xb7 },
  win32: { x64: 0x8664, arm64: 0xaa64 },
  darwin: { x64: 0x01000007, arm64: 0x0100000c },
};

// Each reads the first bytes of a file as its system does: the machines that it is a program for, and where what it
// loads ends. Windows and macOS check that end themselves.
const formats = {
  /** ELF, of 64 bits. */
  linux(head) {
    if (head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head.readUInt16LE(54) !== 56) return { machines: [] };
    const segments = [...Array(head.readUInt16LE(56)).keys()];
    const ends = segments.map((number) => {
      const segment = head.slice(head.readUIntLE(32, 6) + number * 56);
      return segment.readUIntLE(8, 6) + segment.readUIntLE(32, 6);
    });
    return { machines: [head.readUInt16LE(18)], end: Math.max(...ends) };
  },
  /** PE, behind the old header of DOS. */
  win32(head) {
    const pe = head.slice(head.readUInt32LE(0x3c));
    const known = head.toString('latin1', 0, 2) === 'MZ' && pe.toString('latin1', 0, 4) === 'PE\0\0';
    return { machines: known ? [pe.readUInt16LE(4)] : [] };
  },
  /** Mach-O, of 64 bits; or a fat file, which holds one for each of several machines. */
  darwin(head) {
    if (head.readUInt32LE(0) === 0xfeedfacf) return { machines: [head.readUInt32LE(4)] };
    if (head.readUInt32BE(0) !== 0xcafebabe) return { machines: [] };
    const held = [];
    for (let at = 8; at < 8 + 20 * head.readUInt32BE(4); at += 20) held.push(head.readUInt32BE(at));
    return { machines: held };
  },
};

function firstBytes(file) {
  const bytes = Buffer.alloc(4096);
  const opened = fs.openSync(file, 'r');
  try {
    return bytes.slice(0, fs.readSync(opened, bytes, 0, bytes.length, 0));
  } finally {
    fs.closeSync(opened);
  }
}

/** Fails unless `file` is a whole program for this system: what is none, the system hands to a shell, as a script. */
function checkProgram(file, processor) {
  const damaged = (how) => {
    return new Error(`it ${how}. To have the task unpacked again, remove '${__dirname}' and '${__dirname}.completed'`);
  };
  const { platform } = process;
  const about = fs.statSync(file);
  if (!about.isFile()) throw damaged('is no file');
  if (about.size === 0) throw damaged('is empty');
  let read = { machines: [] };
  try {
    read = formats[platform](firstBytes(file));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // A header that points out of its own reach is that of no program.
  }
  if (!read.machines.includes(machines[platform][processor])) throw damaged(`is no program for ${platform}-${processor}`);
  if (read.end > about.size) throw damaged(`is cut off after ${about.size} of at least ${read.end} bytes`);
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
function start(file, processor, elsewhere) {
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
    start(next, processor, rest);
  };
  let child;
  try {
    checkProgram(file, processor);
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
  if (status === told) return;
  const how = signal ? `was ended by ${signal}` : `ended with exit status ${status}`;
  fail(`the mirror ${how} before it could say its result; what, if anything, it changed at the destination is not known`);
}

try {
  const { file, processor } = findBinary();
  if (!windows) makeExecutable(file);
  start(file, processor, [process.env.AGENT_TEMPDIRECTORY, os.tmpdir()].filter(Boolean));
} catch (error) {
  fail(error.message);
}
