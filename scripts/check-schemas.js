#!/usr/bin/env node
'use strict';

// Checks task.json and azure-pipelines.yml against the schemas that Microsoft publishes for them, with the validator
// of the Azure Pipelines editors.
//
//   node scripts/check-schemas.js          with the schemas as they are published now
//   node scripts/check-schemas.js DIR      with DIR/tasks.schema.json and DIR/service-schema.json

const fs = require('fs');
const path = require('path');
const { TextDocument } = require('vscode-languageserver-textdocument');
const service = require('azure-pipelines-language-service');

console.log = () => {}; // the validator's own chatter

const checks = [
  ['task.json', 'tasks.schema.json', 'https://raw.githubusercontent.com/microsoft/azure-pipelines-task-lib/master/'],
  ['azure-pipelines.yml', 'service-schema.json', 'https://raw.githubusercontent.com/microsoft/azure-pipelines-vscode/main/'],
];

async function read(schema, published) {
  const folder = process.argv[2];
  if (folder) return fs.readFileSync(path.join(folder, schema), 'utf8');
  const answer = await fetch(published + schema);
  if (!answer.ok) throw new Error(`${published}${schema} answers ${answer.status}`);
  return answer.text();
}

async function problems(file, schema) {
  const text = fs.readFileSync(path.join(path.dirname(__dirname), file), 'utf8');
  const document = TextDocument.create(`file:///${file}`, 'azure-pipelines', 1, text);
  const language = service.getLanguageService(async () => JSON.parse(schema), [], async () => 'schema:///it', {
    resolveRelativePath: (relative) => relative,
  });
  language.configure({ validate: true });
  const found = await language.doValidation(document, service.parse(text, []));
  return found.map(({ range, message }) => `${file}:${range.start.line + 1}:${range.start.character + 1}: ${message}`);
}

(async () => {
  for (const [file, schema, published] of checks) {
    const found = await problems(file, await read(schema, published));
    process.stdout.write(`${found.join('\n') || `${file} is as ${schema} wants it`}\n`);
    if (found.length > 0) process.exitCode = 1;
  }
})().catch((error) => {
  console.error(`check-schemas: ${error.message}${error.cause ? `: ${error.cause.message}` : ''}`);
  process.exitCode = 2;
});
