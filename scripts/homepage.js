#!/usr/bin/env node
'use strict';

// Prints a file as the package holds it. Links of its own documentation become those of the project's address on the
// web, at the version that is packaged; without an address, their text alone is left, since the documentation is not in
// the package.
//
//   node scripts/homepage.js FILE [ADDRESS]    FILE is task.json, vss-extension.json or docs/marketplace.md
//   node scripts/homepage.js --check ADDRESS   fails unless it can be the project's address

const fs = require('fs');
const path = require('path').posix;

const root = path.dirname(__dirname);
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const version = JSON.parse(read('vss-extension.json')).version;

/** Tells whether a text can be the address: pages are found below it, and it stands in Markdown and in shells as it is. */
const isAddress = (text) => /^https:\/\/[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(\/[A-Za-z0-9._~-]+)+$/.test(text);

const pageAt = (address, page) => `${address}/blob/v${version}/${page}`;

/** Makes the links of a Markdown text, written in this folder, lead to the web; its pictures are in the package. */
function linked(text, folder, address) {
  return text.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, isPicture, title, target) => {
    if (/^(https?:|#)/.test(target)) return whole;
    const page = path.join(folder, target);
    if (isPicture) return `![${title}](${page})`;
    return address ? `[${title}](${pageAt(address, page)})` : title;
  });
}

function task(text, address) {
  const task = JSON.parse(text);
  for (const input of task.inputs) input.helpMarkDown = linked(input.helpMarkDown, '', address);
  if (!address) return task;
  const help = { helpUrl: pageAt(address, 'README.md'), helpMarkDown: `[Learn more](${pageAt(address, 'README.md')})` };
  const { $schema, id, name, friendlyName, description, ...rest } = task;
  return { $schema, id, name, friendlyName, description, ...rest, ...help };
}

function extension(text, address) {
  const extension = JSON.parse(text);
  if (!address) return extension;
  const links = {
    getstarted: pageAt(address, 'docs/installing.md'),
    learn: pageAt(address, 'README.md'),
    support: pageAt(address, 'docs/troubleshooting.md'),
    issues: `${address}/issues`,
    license: pageAt(address, 'LICENSE'),
    privacypolicy: pageAt(address, 'SECURITY.md#privacy'),
  };
  return {
    ...extension,
    links: Object.fromEntries(Object.entries(links).map(([name, uri]) => [name, { uri }])),
    repository: { type: 'git', uri: address },
    CustomerQnASupport: { enableMarketplaceQnA: true, url: `${address}/issues` },
  };
}

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const made = {
  'task.json': (address) => json(task(read('task.json'), address)),
  'vss-extension.json': (address) => json(extension(read('vss-extension.json'), address)),
  'docs/marketplace.md': (address) => linked(read('docs/marketplace.md'), 'docs', address),
};

const [file, address] = process.argv.slice(2);
if (address !== undefined && !isAddress(address)) {
  console.error(`homepage: '${address}' is no address such as https://github.com/contoso/mirror-git-repository`);
  process.exitCode = 2;
} else if (file !== '--check') {
  if (!made[file]) throw new Error(`${file} is none of ${Object.keys(made).join(', ')}`);
  process.stdout.write(made[file](address));
}
