// A web app of one page: it says what stands in message.txt, and who asked for it in the Workload's env.
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
// A package like any other: an advisory for it reaches this app by itself.
const { greet } = require('hello-words');

const message = readFileSync(join(__dirname, 'message.txt'), 'utf8').trim();
const port = Number(process.env.PORT ?? 8080);

createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${greet(message, process.env.AUDIENCE ?? 'nobody')}\n`);
}).listen(port, '127.0.0.1', () => console.log(`listening on ${port}`));
