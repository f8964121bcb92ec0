// Bundles GraphiQL into ../dist, which the Go program embeds: npm ci && npm run build
import { build } from 'esbuild';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = process.env.DIST ?? '../dist';
rmSync(dist, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { graphiql: 'src/main.jsx' },
  outdir: join(dist, 'assets'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  metafile: true,
});
cpSync('src/index.html', join(dist, 'index.html'));

// The licence of every package that ended up in the bundle.
const names = new Set(
  Object.keys(metafile.inputs)
    .map((path) => path.match(/^.*node_modules\/((?:@[^/]+\/)?[^/]+)/))
    .filter(Boolean)
    .map((match) => match[0]),
);
let licences = 'GraphiQL and the packages bundled with it, each under its own licence.\n' +
  'Its styles hold the fonts Roboto (Apache-2.0) and Fira Code (OFL-1.1).\n';
for (const folder of [...names].sort()) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
  licences += `\n---- ${name} ${version} (${license})\n\n`;
  licences += file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() + '\n' : '';
}
writeFileSync(join(dist, 'LICENCES.txt'), licences);
