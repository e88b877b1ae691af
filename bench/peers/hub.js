// A hub as its library's own guide shows it, for the peers that run on Node.js: what is posted goes to everybody who listens.
//   node hub.js ws PORT | node hub.js socket.io PORT
'use strict'
const http = require('node:http')

const [library, port] = process.argv.slice(2)

const server = http.createServer((request, response) => {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    publish(Buffer.concat(parts).toString())
    response.writeHead(204).end()
  })
})
const publish = library === 'ws' ? plain() : socketIo()
server.listen(Number(port), '127.0.0.1', () => console.log('listening'))

function plain() {
  const { WebSocket, WebSocketServer } = require('ws')
  const hub = new WebSocketServer({ server, perMessageDeflate: false })
  return (text) => {
    for (const client of hub.clients) if (client.readyState === WebSocket.OPEN) client.send(text)
  }
}

function socketIo() {
  const { Server } = require('socket.io')
  const hub = new Server(server, {
    transports: ['websocket'],
    connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
  })
  return (text) => hub.emit('message', JSON.parse(text))
}
