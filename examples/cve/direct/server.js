// The smallest app that answers.
const { createServer } = require('node:http');

createServer((_request, response) => {
  response.end('hello\n');
}).listen(process.env.PORT, process.env.HOST);
