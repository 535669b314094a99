// SPDX-License-Identifier: MIT
// relay-server.js PROGRAM: the client of nostr-tools uses our relay, built from relay-under-test.c.
'use strict';

const assert = require('node:assert');
const WebSocket = require('ws');
const { finalizeEvent, generateSecretKey, getPublicKey, nip11, nip42, verifyEvent } = require('nostr-tools');
const { Relay, useWebSocketImplementation } = require('nostr-tools/relay');
const { SimplePool, useWebSocketImplementation: usePoolImplementation } = require('nostr-tools/pool');
const { start } = require('./start.js');

useWebSocketImplementation(WebSocket);
usePoolImplementation(WebSocket);

const secret = generateSecretKey();
const pubkey = getPublicKey(secret);
const now = () => Math.floor(Date.now() / 1000);
const make = (kind, content = '', tags = [], created_at = now()) =>
  finalizeEvent({ kind, content, tags, created_at }, secret);

// All that is stored for a filter.
function query(relay, filter) {
  return new Promise((resolve, reject) => {
    const found = [];
    const subscription = relay.subscribe([filter], {
      onevent: (event) => found.push(event),
      oneose: () => {
        resolve(found);
        subscription.close();
      },
      onclose: (reason) => reject(new Error(reason)),
    });
  });
}

// The first event that arrives after what is stored; publish() is called then.
function live(relay, filter, publish) {
  return new Promise((resolve, reject) => {
    const subscription = relay.subscribe([filter], {
      onevent: (event) => {
        resolve(event);
        subscription.close();
      },
      oneose: () => publish().catch(reject),
      onclose: reject,
    });
  });
}

async function storing(relay) {
  const one = make(1, 'one \u{1f600} "quoted" \\ \n\t', [['t', 'cats']]);
  const two = make(1, 'two', [['t', 'dogs']], now() - 100);
  await relay.publish(one);
  await relay.publish(two);
  await relay.publish(one);
  const found = await query(relay, { kinds: [1], authors: [pubkey] });
  assert.deepStrictEqual(found.map((event) => event.id), [one.id, two.id]);
  assert.ok(found.every((event) => verifyEvent(JSON.parse(JSON.stringify(event)))));
  assert.strictEqual(found[0].content, one.content);
  assert.strictEqual((await query(relay, { '#t': ['dogs'] }))[0].id, two.id);
  assert.strictEqual((await query(relay, { ids: [two.id] })).length, 1);
  assert.strictEqual((await query(relay, { since: now() - 50, kinds: [1] })).length, 1);
  assert.strictEqual((await query(relay, { kinds: [1], limit: 1 }))[0].id, one.id);
  assert.strictEqual((await query(relay, { kinds: [2] })).length, 0);
}

async function kinds(relay) {
  const old = make(30311, 'old', [['d', 'show']], now() - 10);
  const recent = make(30311, 'new', [['d', 'show']]);
  await relay.publish(old);
  await relay.publish(recent);
  await assert.rejects(relay.publish(old), /newer/);
  const found = await query(relay, { kinds: [30311], '#d': ['show'] });
  assert.deepStrictEqual(found.map((event) => event.content), ['new']);

  const signal = make(20001, 'for whoever listens');
  const heard = await live(relay, { kinds: [20001] }, () => relay.publish(signal));
  assert.strictEqual(heard.id, signal.id);
  assert.strictEqual((await query(relay, { kinds: [20001] })).length, 0);

  await assert.rejects(relay.publish(make(1, '', [['expiration', String(now() - 5)]])), /expired/);
  await assert.rejects(relay.publish(make(1, '', [], now() + 3600)), /future/);
}

async function deleting(relay) {
  const note = make(1, 'to be deleted');
  await relay.publish(note);
  await relay.publish(make(5, '', [['e', note.id], ['k', '1'], ['a', `30311:${pubkey}:show`]]));
  assert.strictEqual((await query(relay, { ids: [note.id] })).length, 0);
  assert.strictEqual((await query(relay, { kinds: [30311] })).length, 0);
  await assert.rejects(relay.publish(note), /deleted/);
}

async function information(url) {
  nip11.useFetchImplementation(fetch);
  const info = await nip11.fetchRelayInformation(url);
  assert.ok([1, 9, 11, 40, 42].every((nip) => info.supported_nips.includes(nip)));
  assert.ok(info.limitation.max_message_length > 100000);
  assert.strictEqual(info.limitation.auth_required, false);
}

async function pooling(program, first) {
  const other = await start(program, []);
  const pool = new SimplePool();
  const urls = [first, other.line];
  const event = make(7, 'to both');
  await Promise.all(pool.publish(urls, event));
  const found = await pool.querySync(urls, { kinds: [7] });
  assert.deepStrictEqual(found.map(({ id }) => id), [event.id]);
  assert.strictEqual((await pool.get([other.line], { ids: [event.id] })).id, event.id);
  pool.close(urls);
  assert.strictEqual(await other.end(), 0);
}

async function authenticating(program) {
  const strict = await start(program, ['--require-auth']);
  const relay = await Relay.connect(strict.line);
  const event = make(1, 'from somebody');
  await assert.rejects(relay.publish(event), /auth-required:/);
  await assert.rejects(query(relay, {}), /auth-required:/);
  await assert.rejects(relay.auth((template) =>
    finalizeEvent({ ...template, tags: [['relay', 'wss://other.example'], template.tags[1]] }, secret)), /invalid:/);
  const again = await Relay.connect(strict.line);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await again.auth((template) => {
    assert.strictEqual(template.kind, nip42.makeAuthEvent('', '').kind);
    return finalizeEvent(template, secret);
  });
  await again.publish(event);
  assert.strictEqual((await query(again, {})).length, 1);
  relay.close();
  again.close();
  assert.strictEqual(await strict.end(), 0);
}

async function main() {
  const program = process.argv[2];
  const server = await start(program, []);
  const relay = await Relay.connect(server.line);
  await storing(relay);
  await kinds(relay);
  await deleting(relay);
  await information(server.line);
  await pooling(program, server.line);
  await authenticating(program);
  relay.close();
  assert.strictEqual(await server.end(), 0);
  console.log('nostr-tools publishes to our relay, queries it, listens to it and answers its challenge');
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
