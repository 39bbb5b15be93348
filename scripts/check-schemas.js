#!/usr/bin/env node
'use strict';

// Checks task.json, azure-pipelines.yml and every YAML block of README.md and docs/ against the schemas that Microsoft
// publishes for them, with the validator of the Azure Pipelines editors.
//
//   node scripts/check-schemas.js        with the schemas as they are published now
//   node scripts/check-schemas.js DIR    with DIR/service-schema.json and DIR/tasks.schema.json, which scripts/schemas
//                                        gets; it says what is not checked because its schema is not there

const fs = require('fs');
const path = require('path');
const { TextDocument } = require('vscode-languageserver-textdocument');
const service = require('azure-pipelines-language-service');

console.log = () => {}; // the validator's own chatter

const root = path.dirname(__dirname);
const folder = process.argv[2];
const published = {
  'tasks.schema.json': 'https://raw.githubusercontent.com/microsoft/azure-pipelines-task-lib/master/',
  'service-schema.json': 'https://raw.githubusercontent.com/microsoft/azure-pipelines-vscode/main/',
};

// A check that finds nothing anywhere would pass as well, so it has to find these.
const wrong = [
  'trigger: { branch: [main] }\nsteps: [{ checkout: none }]',
  'steps: [{ chekout: none }]',
  'trigger: none',
  'steps:\n  - task: InstallSSHKey@0\n    inputs: { knownHostsEntry: a, sshKey: b, sshKeySecureFile: c }',
  'steps:\n  - task: MirrorGitRepository@1\n    inputs: { destinationGitRepositoryUrl: a }',
  'steps:\n  - task: MirrorGitRepository@1\n    inputs: { prune: false }',
  'steps:\n  - task: MirrorGitRepository@1\n    inputs: { destinationGitRepositoryUri: a, rejectedRefs: ignore }',
];

const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

async function schema(name) {
  if (folder) {
    const file = path.join(folder, name);
    return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
  }
  const answer = await fetch(published[name] + name);
  if (!answer.ok) throw new Error(`${published[name]}${name} answers ${answer.status}`);
  return answer.json();
}

/** The pipeline's schema knows the tasks that Microsoft ships; this adds ours, as task.json says it. */
function withOurTask(pipeline) {
  const task = JSON.parse(read('task.json'));
  const name = `${task.name}@${task.version.Major}`;
  const kind = ({ type, options }) =>
    type === 'boolean' ? { type } : type === 'pickList' ? { enum: Object.keys(options) } : { type: 'string' };
  const names = ({ name, aliases = [] }) => [name, ...aliases];
  const needed = task.inputs.filter((input) => input.required && !input.defaultValue);
  const inputs = {
    properties: Object.fromEntries(task.inputs.flatMap((input) => names(input).map((name) => [name, kind(input)]))),
    allOf: needed.map((input) => ({ anyOf: names(input).map((name) => ({ required: [name] })) })),
    additionalProperties: false,
  };
  const { properties, anyOf } = pipeline.definitions.task;
  properties.task.anyOf.unshift({ enum: [name] });
  anyOf.unshift({
    properties: { task: { pattern: `^${name}$` }, inputs },
    firstProperty: ['task'],
    required: ['task', 'inputs'],
  });
  return pipeline;
}

/** Every ```yaml block of a page, with the number of the line before its first. */
function blocks(page) {
  const found = [];
  let block;
  read(page).split('\n').forEach((line, number) => {
    if (block && line.trim() === '```') block = undefined;
    else if (block) block.text += `${line}\n`;
    else if (line.trim() === '```yaml') found.push((block = { place: page, before: number + 1, text: '' }));
  });
  return found;
}

async function problems(schema, { place, before, text }) {
  const document = TextDocument.create(`file:///${place}`, 'azure-pipelines', 1, text);
  const language = service.getLanguageService(async () => schema, [], async () => 'schema:///it', {
    resolveRelativePath: (relative) => relative,
  });
  language.configure({ validate: true });
  const found = await language.doValidation(document, service.parse(text, []));
  return found.map(({ range, message }) => {
    return `${place}:${before + range.start.line + 1}:${range.start.character + 1}: ${message}`;
  });
}

async function check(name, what, texts, prepare = (schema) => schema) {
  const given = await schema(name);
  if (!given) {
    process.stdout.write(`!! NOT CHECKED: ${what}, since there is no ${name}\n`);
    return;
  }
  const prepared = prepare(given);
  for (const text of name === 'service-schema.json' ? wrong : []) {
    const found = await problems(prepared, { place: 'wrong', before: 0, text });
    if (found.length === 0) throw new Error(`nothing is found wrong in:\n${text}`);
  }
  const found = [];
  for (const text of texts) found.push(...(await problems(prepared, text)));
  process.stdout.write(`${found.join('\n') || `${what}: as ${name} wants it`}\n`);
  if (found.length > 0) process.exitCode = 1;
}

(async () => {
  const whole = (place) => ({ place, before: 0, text: read(place) });
  const docs = fs.readdirSync(path.join(root, 'docs')).filter((file) => file.endsWith('.md'));
  const pages = ['README.md', ...docs.map((file) => `docs/${file}`)];
  const shown = pages.flatMap(blocks);
  await check('tasks.schema.json', "task.json against Microsoft's published schema", [whole('task.json')]);
  await check(
    'service-schema.json',
    `azure-pipelines.yml and ${shown.length} blocks of the documentation`,
    [whole('azure-pipelines.yml'), ...shown],
    withOurTask,
  );
})().catch((error) => {
  console.error(`check-schemas: ${error.message}${error.cause ? `: ${error.cause.message}` : ''}`);
  process.exitCode = 2;
});
