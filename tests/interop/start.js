// SPDX-License-Identifier: MIT
// Programs that a test starts: each prints something as its first line and ends with standard input.
'use strict';

const { spawn } = require('node:child_process');
const readline = require('node:readline');

// Resolves to { line, end() } with the first line; end() resolves to the exit code.
async function start(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const lines = readline.createInterface({ input: child.stdout });
  const line = await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    ended.then((code) => reject(new Error(`${command} ended with ${code} and printed nothing`)));
  });
  return {
    line,
    end() {
      child.stdin.end();
      return ended;
    },
  };
}

module.exports = { start };
