// SPDX-License-Identifier: MIT
// nostr-events.js PROGRAM: compares PROGRAM, built from nostr-events.c, with nostr-tools: events, keys,
// filters, NIP-19 and NIP-44, both ways. The cases come from a fixed seed, printed and set by DFN_SEED.
'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const readline = require('node:readline');
const { finalizeEvent, getPublicKey, matchFilter, nip19, nip44, verifyEvent } = require('nostr-tools');

const ROUNDS = 60;
// Without U+FEFF, which nostr-tools' decoder drops from the beginning of a text.
const ALPHABET = [...'abcXYZ019 \n\r\t\b\f"\\/<>&\'{}[]:,\u007f\u00e9\u00df\u4e2d\u6587\u0627\u202e\u2028\ufffd',
  '\u{1f600}', '\u{10ffff}', '\\n', '\\u0041', 'e\u0301'];

let state = Number(process.env.DFN_SEED ?? 1) >>> 0;

// A small generator (mulberry32), so that a failure can be had again.
function random(bound) {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % bound;
}

const pick = (list) => list[random(list.length)];
const bytes = (n) => Uint8Array.from({ length: n }, () => random(256));
const hex = (data) => Buffer.from(data).toString('hex');
const text = (max) => Array.from({ length: random(max + 1) }, () => pick(ALPHABET)).join('');
const otherEnd = (word, a, b) => word.slice(0, -1) + (word.endsWith(a) ? b : a);
const list = (max, make) => Array.from({ length: random(max + 1) }, make);

function secretKey() {
  const key = bytes(32);
  key[0] &= 0x7f;
  key[31] |= 1;
  return key;
}

// Asks our program, one line a question; answers come in order.
class Ours {
  constructor(program) {
    this.waiting = [];
    this.child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    this.child.stdin.on('error', () => {});
    readline.createInterface({ input: this.child.stdout }).on('line', (line) => this.waiting.shift()(JSON.parse(line)));
  }

  ask(question) {
    return new Promise((resolve, reject) => {
      this.waiting.push(resolve);
      this.ended.then((code) => reject(new Error(`the program ended with ${code}`)));
      this.child.stdin.write(JSON.stringify(question) + '\n');
    });
  }

  async get(question) {
    const answer = await this.ask(question);
    assert.ok(!answer.error, `${answer.error}, on ${JSON.stringify(question)}`);
    return answer;
  }

  async refuses(question) {
    assert.ok((await this.ask(question)).error, `accepted ${JSON.stringify(question)}`);
  }

  async end() {
    this.child.stdin.end();
    assert.strictEqual(await this.ended, 0);
  }
}

function template() {
  return {
    kind: pick([0, 1, 3, 5, 1311, 22242, 24910, 30311, 35910, 65535]),
    created_at: pick([0, 1, 1700000000, 4102444800]) + random(1000),
    tags: list(5, () => [pick(['d', 'e', 'p', 't', 'T', 'title', '']), ...list(3, () => text(10))]),
    content: text(80),
  };
}

async function keys(ours) {
  const secret = secretKey();
  const answer = await ours.get({ do: 'key', secret: hex(secret) });
  assert.strictEqual(answer.pubkey, getPublicKey(secret));
  assert.strictEqual(answer.nsec, nip19.nsecEncode(secret));
  assert.strictEqual((await ours.get({ do: 'key', secret: answer.nsec })).pubkey, answer.pubkey);
}

async function events(ours) {
  const secret = secretKey();
  const wanted = template();

  const made = JSON.parse((await ours.get({ do: 'sign', secret: hex(secret), ...wanted })).event);
  assert.ok(verifyEvent(made), `nostr-tools refuses ${JSON.stringify(made)}`);
  for (const name of Object.keys(wanted))
    assert.deepStrictEqual(made[name], wanted[name]);

  const theirs = finalizeEvent(wanted, secret);
  assert.strictEqual(theirs.id, made.id);
  const read = JSON.parse((await ours.get({ do: 'verify', event: JSON.stringify(theirs) })).event);
  assert.deepStrictEqual(read, JSON.parse(JSON.stringify(theirs)));
  assert.ok(verifyEvent(read));

  await ours.refuses({ do: 'verify', event: JSON.stringify({ ...theirs, content: theirs.content + '.' }) });
  const sig = otherEnd(theirs.sig, '0', '1');
  await ours.refuses({ do: 'verify', event: JSON.stringify({ ...theirs, sig }) });
}

// Programs disagree about these characters: theirs are accepted, ours hold none.
async function controlCharacters(ours) {
  const secret = secretKey();
  const wanted = { ...template(), content: 'a\u0001b\u001f', tags: [['title', '\u001b']] };
  const theirs = finalizeEvent(wanted, secret);
  await ours.get({ do: 'verify', event: JSON.stringify(theirs) });
  const made = JSON.parse((await ours.get({ do: 'sign', secret: hex(secret), ...wanted })).event);
  assert.ok(verifyEvent(made));
  assert.strictEqual(made.content, 'a\ufffdb\ufffd');
}

async function filters(ours) {
  const secret = secretKey();
  const event = finalizeEvent({ ...template(), tags: [['t', 'cats', 'x'], ['t', 'dogs'], ['T', 'cats'], ['e']] }, secret);
  const stranger = hex(bytes(32));
  const parts = {
    ids: () => pick([[event.id], [stranger, event.id], [stranger], []]),
    authors: () => pick([[event.pubkey], [stranger, event.pubkey], [stranger]]),
    kinds: () => pick([[event.kind], [7, event.kind], [7], []]),
    since: () => event.created_at + pick([-1, 0, 1]),
    until: () => event.created_at + pick([-1, 0, 1]),
    '#t': () => pick([['cats'], ['dogs', 'birds'], ['birds'], ['x'], []]),
    '#T': () => pick([['cats'], ['dogs']]),
    '#e': () => [stranger],
    limit: () => random(10),
  };
  const filter = {};
  for (let i = random(4); i > 0; i--) {
    const name = pick(Object.keys(parts));
    filter[name] = parts[name]();
  }
  const { matches } = await ours.get({ do: 'match', filter, event: JSON.stringify(event) });
  assert.strictEqual(matches, matchFilter(filter, event), JSON.stringify(filter));
}

async function encryption(ours) {
  const [a, b] = [secretKey(), secretKey()];
  const plaintext = 'x'.repeat(pick([0, 30, 31, 63, 255, 4000])) + text(40) + '.';
  const theirKey = nip44.getConversationKey(b, getPublicKey(a));

  const { payload } = await ours.get({ do: 'encrypt', secret: hex(a), pubkey: getPublicKey(b), plaintext });
  assert.strictEqual(nip44.decrypt(payload, theirKey), plaintext);

  const theirs = nip44.encrypt(plaintext, theirKey);
  assert.strictEqual(theirs.length, payload.length);
  const question = { do: 'decrypt', secret: hex(a), pubkey: getPublicKey(b), payload: theirs };
  assert.strictEqual((await ours.get(question)).plaintext, plaintext);
  await ours.refuses({ ...question, secret: hex(secretKey()) });
}

async function longestEncryption(ours) {
  const [a, b] = [secretKey(), secretKey()];
  const key = nip44.getConversationKey(b, getPublicKey(a));
  const plaintext = 'y'.repeat(65535);
  const peer = { secret: hex(a), pubkey: getPublicKey(b) };
  const { payload } = await ours.get({ do: 'encrypt', ...peer, plaintext });
  assert.strictEqual(nip44.decrypt(payload, key), plaintext);
  const answer = await ours.get({ do: 'decrypt', ...peer, payload: nip44.encrypt(plaintext, key) });
  assert.strictEqual(answer.plaintext, plaintext);
  await ours.refuses({ do: 'encrypt', ...peer, plaintext: plaintext + 'y' });
  await ours.refuses({ do: 'encrypt', ...peer, plaintext: '' });
}

// An entity in our words and as nostr-tools writes it.
function entity() {
  const [pubkey, id] = [hex(bytes(32)), hex(bytes(32))];
  const relays = list(4, () => `wss://relay${random(1000)}.example/${'p'.repeat(random(60))}`);
  const kind = pick([1, 1311, 30311, 35910]);
  const identifier = text(12);
  return pick([
    () => [{ type: 'npub', pubkey, relays: [] }, nip19.npubEncode(pubkey)],
    () => [{ type: 'note', id, relays: [] }, nip19.noteEncode(id)],
    () => [{ type: 'nprofile', pubkey, relays }, nip19.nprofileEncode({ pubkey, relays })],
    () => [{ type: 'nevent', id, relays }, nip19.neventEncode({ id, relays })],
    () => [{ type: 'nevent', id, pubkey, kind, relays }, nip19.neventEncode({ id, author: pubkey, kind, relays })],
    () => [{ type: 'naddr', pubkey, kind, identifier, relays }, nip19.naddrEncode({ pubkey, kind, identifier, relays })],
  ])();
}

// What nostr-tools reads, in our words.
function inOurWords({ type, data }) {
  if (type === 'npub') return { type, pubkey: data, relays: [] };
  if (type === 'note') return { type, id: data, relays: [] };
  const { author, ...rest } = data;
  return { type, relays: [], ...rest, ...(author ? { pubkey: author } : {}) };
}

async function entities(ours) {
  const [wanted, theirs] = entity();
  // A hint of ours that nostr-tools has to pass over.
  const contact = pick([undefined, hex(bytes(32))]);
  const { text: made } = await ours.get({ do: 'encode', ...wanted, contact });
  const clean = (object) => JSON.parse(JSON.stringify(object));
  assert.deepStrictEqual(clean(inOurWords(nip19.decode(made))), wanted);
  for (const written of [theirs, `nostr:${theirs}`, theirs.toUpperCase()])
    assert.deepStrictEqual({ type: wanted.type, ...await ours.get({ do: 'decode', text: written }) }, wanted);
  await ours.refuses({ do: 'decode', text: otherEnd(theirs, 'q', 'p') });
}

async function main() {
  console.log(`Node ${process.version}, seed ${state}`);
  const ours = new Ours(process.argv[2]);
  for (let i = 0; i < ROUNDS; i++)
    for (const check of [keys, events, controlCharacters, filters, encryption, entities])
      await check(ours);
  await longestEncryption(ours);
  await ours.end();
  console.log(`${ROUNDS} rounds of events, keys, filters, NIP-19 and NIP-44 agree both ways`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
