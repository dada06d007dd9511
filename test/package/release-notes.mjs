import { readFileSync } from 'node:fs';

/*
 * Says whether a version can be released: the tag is that of package.json, and CHANGELOG.md has a dated section for it.
 *
 *   node test/package/release-notes.mjs v1.2.3
 */
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const [, , tag = `v${version}`] = process.argv;
const problems = [];
if (tag !== `v${version}`) problems.push(`the tag is ${tag}, package.json says ${version}`);
const heading = new RegExp(
  `^## ${version.replaceAll('.', '\\.')} \\((\\d{4}-\\d{2}-\\d{2}|unreleased)\\)$`,
  'm',
);
const [, date] = heading.exec(readFileSync('CHANGELOG.md', 'utf8')) ?? [];
if (date === undefined) problems.push(`CHANGELOG.md has no section "## ${version} (date)"`);
else if (date === 'unreleased') problems.push(`the section of ${version} in CHANGELOG.md is not dated`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
