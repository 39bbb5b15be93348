#!/usr/bin/env node
'use strict';

// Runs a staged task on this machine without any input: the launcher must start this platform's binary, and that must
// refuse with one result and name what is missing. The cheapest proof that a package works on a platform.
//
//   node scripts/smoke.js [dist/task]

const assert = require('assert');
const { spawnSync } = require('child_process');
const os = require('os');
const path = require('path');

const task = path.resolve(process.argv[2] || path.join('dist', 'task'));
const environment = Object.entries(process.env).filter(([name]) => !/^(INPUT|ENDPOINT|SECRET)_/i.test(name));
const run = spawnSync(process.execPath, [path.join(task, 'launcher.js')], {
  encoding: 'utf8',
  env: Object.assign(Object.fromEntries(environment), { TF_BUILD: 'True', AGENT_TEMPDIRECTORY: os.tmpdir() }),
});

// The agent that runs this script would obey the commands.
console.log((run.stdout + run.stderr).replace(/##vso/g, '**vso'));
assert.strictEqual(run.status, 0, `the launcher ended with ${run.status}`);
const results = run.stdout.match(/##vso\[task\.complete [^\]]*\]/g) || [];
assert.deepStrictEqual(results.map((result) => /result=(\w+)/.exec(result)[1]), ['Failed']);
assert.match(run.stdout, /destinationGitRepositoryUri/, 'it does not name the missing input');
console.log(`ok: ${process.platform}-${process.arch}, Node ${process.version}`);
