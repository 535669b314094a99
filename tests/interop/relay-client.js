// SPDX-License-Identifier: MIT
// relay-client.js PROGRAM: our client, built from relay-client.c, uses the relay of npm-relay.js,
// which serves everybody, then one that wants to know who asks.
'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const { start } = require('./start.js');

async function main() {
  const [program] = process.argv.slice(2);
  for (const [option, word] of [[], ['--require-auth', 'auth']]) {
    const script = path.join(__dirname, 'npm-relay.js');
    const relay = await start(process.execPath, [script, ...(option ? [option] : [])]);
    const client = spawn(program, [relay.line, ...(word ? [word] : [])], { stdio: 'inherit' });
    const code = await new Promise((resolve) => client.on('close', resolve));
    await relay.end();
    if (code !== 0)
      throw new Error(`our client ended with ${code} at the relay ${option ?? 'for everybody'}`);
  }
  console.log('Our client publishes to the npm relay, queries it, listens to it and answers its challenge');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
