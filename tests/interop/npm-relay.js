// SPDX-License-Identifier: MIT
// npm-relay.js [--require-auth]: a relay of other people's making, in memory, for our client to be
// tested against: the protocol is @nostr-relay/core's, matching is nostr-tools'. Prints its address as the
// first line and ends when standard input does. With --require-auth it serves only who has answered
// its challenge (NIP-42).
'use strict';

const { WebSocketServer } = require('ws');
const { EventRepository, EventUtils, LogLevel } = require('@nostr-relay/common');
const { NostrRelay } = require('@nostr-relay/core');
const { matchFilter } = require('nostr-tools');

const HOST = '127.0.0.1';
const requireAuth = process.argv.includes('--require-auth');

const byNewest = (a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1);

// The store: events by id, and for each address the one event that holds it.
class MemoryRepository extends EventRepository {
  constructor() {
    super();
    this.events = new Map();
    this.holders = new Map();
  }

  isSearchSupported() {
    return false;
  }

  address(event) {
    const identifier = EventUtils.extractDTagValue(event);
    return identifier === null ? null : `${event.kind}:${event.pubkey}:${identifier}`;
  }

  upsert(event) {
    if (this.events.has(event.id))
      return { isDuplicate: true };
    const address = this.address(event);
    const holder = address && this.holders.get(address);
    if (holder && byNewest(holder, event) < 0)
      return { isDuplicate: true };
    if (holder)
      this.events.delete(holder.id);
    if (address)
      this.holders.set(address, event);
    this.events.set(event.id, event);
    return { isDuplicate: false };
  }

  find(filter) {
    const found = [...this.events.values()].filter((event) => matchFilter(filter, event)).sort(byNewest);
    return found.slice(0, filter.limit ?? 500);
  }

  async deleteByDeletionRequest(request) {
    const named = new Set(request.tags.filter(([name]) => name === 'e' || name === 'a').map(([, value]) => value));
    for (const event of [...this.events.values()])
      if (event.pubkey === request.pubkey && (named.has(event.id) || named.has(this.address(event))))
        this.events.delete(event.id);
  }

  async destroy() {}
}

const relay = new NostrRelay(new MemoryRepository(), {
  hostname: requireAuth ? HOST : undefined,
  logLevel: LogLevel.ERROR,
  filterResultCacheTtl: 0,
  eventHandlingResultCacheTtl: 0,
});

const WORDS = 'auth-required: answer the challenge first';

async function onMessage(socket, data) {
  const message = JSON.parse(data.toString());
  if (requireAuth && message[0] !== 'AUTH' && !relay.isAuthorized(socket)) {
    if (message[0] === 'EVENT')
      socket.send(JSON.stringify(['OK', message[1].id, false, WORDS]));
    else if (message[0] === 'REQ')
      socket.send(JSON.stringify(['CLOSED', message[1], WORDS]));
    return;
  }
  await relay.handleMessage(socket, message);
}

const server = new WebSocketServer({ host: HOST, port: 0, maxPayload: 1 << 20 });
server.on('listening', () => console.log(`ws://${HOST}:${server.address().port}`));
server.on('connection', (socket) => {
  relay.handleConnection(socket, HOST);
  socket.on('message', (data) => {
    onMessage(socket, data).catch((error) => socket.send(JSON.stringify(['NOTICE', `error: ${error.message}`])));
  });
  socket.on('close', () => relay.handleDisconnect(socket));
  socket.on('error', () => socket.terminate());
});

process.stdin.on('end', () => process.exit(0)).resume();
