#!/usr/bin/env node
'use strict';

// Prints the licence notices of everything that is linked into the binaries, from what the crates themselves carry.
// cargo metadata and the crates' own files are enough, so nothing has to be installed for this.

const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const targets = ['x86_64-unknown-linux-musl', 'aarch64-unknown-linux-musl', 'x86_64-pc-windows-msvc'];
targets.push('x86_64-apple-darwin', 'aarch64-apple-darwin');

// Linked, but no crate of the graph.
const platform = [
  ['The Rust standard library', 'MIT OR Apache-2.0', 'Copyright (c) The Rust Project Contributors'],
  ['musl libc (Linux)', 'MIT', 'Copyright © 2005-2020 Rich Felker, et al.'],
];

/** Returns the packages that `target`'s binary links, by id. */
function linked(target) {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', target];
  const metadata = JSON.parse(execFileSync('cargo', args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] }));
  const packages = new Map(metadata.packages.map((each) => [each.id, each]));
  const nodes = new Map(metadata.resolve.nodes.map((each) => [each.id, each]));
  const found = new Map();
  const queue = [metadata.resolve.root];
  for (const id of queue) {
    if (found.has(id)) continue;
    found.set(id, packages.get(id));
    const isNormal = (dependency) => dependency.dep_kinds.some((each) => each.kind === null);
    queue.push(...nodes.get(id).deps.filter(isNormal).map((dependency) => dependency.pkg));
  }
  found.delete(metadata.resolve.root);
  return found;
}

// C libraries that a crate brings along, under licences of their own.
const bundled = { 'libgit2-sys': ['libgit2/COPYING'], 'libz-sys': ['src/zlib/LICENSE'] };

/** Reads a crate's licence texts; of a choice that MIT is part of, MIT's. */
function texts(crate) {
  const folder = path.dirname(crate.manifest_path);
  const names = fs.readdirSync(folder).filter((name) => /^(licen[cs]e|copying|copyright|notice|unlicense)/i.test(name));
  const files = names.filter((name) => fs.statSync(path.join(folder, name)).isFile()).sort();
  const mit = files.filter((name) => /mit/i.test(name));
  const chosen = /\bOR\b|\//.test(crate.license || '') && mit.length > 0 ? mit : files;
  return [...chosen, ...(bundled[crate.name] || [])].map((name) => fs.readFileSync(path.join(folder, name), 'utf8').replace(/\r/g, '').trim());
}

const crates = new Map(targets.map(linked).flatMap((found) => [...found]));
const byText = new Map();
for (const crate of [...crates.values()].sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1))) {
  if (!crate.license) throw new Error(`${crate.name} ${crate.version} names no licence`);
  const own = texts(crate).join('\n\n');
  const text = own || `${crate.authors.join(', ') || 'Its authors'}: licensed under ${crate.license}, ${crate.repository}`;
  byText.set(text, [...(byText.get(text) || []), `${crate.name} ${crate.version} (${crate.license})`]);
}
const mit = [...byText.keys()].find((text) => text.startsWith('Permission is hereby granted'));
if (!mit) throw new Error('no crate carries the text of the MIT licence that the standard library needs');
for (const [name, licence, copyright] of platform) byText.set(`${copyright}\n\n${mit}`, [`${name} (${licence})`]);

const line = '-'.repeat(80);
process.stdout.write('The binaries of this task contain the following works of others.\n');
for (const [text, works] of byText) process.stdout.write(`\n${line}\n${works.join('\n')}\n${line}\n\n${text}\n`);
