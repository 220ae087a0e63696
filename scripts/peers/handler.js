// The least that a custom handler in Node can be: it answers 200 to everything. See docs/benchmarks.md.
const http = require('node:http');

const port = Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT);
http.createServer((request, response) => response.end()).listen(port, '127.0.0.1');
