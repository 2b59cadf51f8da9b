// How much of Python's libraries has come, while they come. Imported before what fetches them.

const PAUSE = 200; // milliseconds between two messages
const COUNTED = /\.(?:zip|deflate)$/; // a browser keeps what it compiled of others, if they are left as they are
const fetchFromHost = self.fetch;
let bytes = 0;
let timer = null;

function count(part, out) {
  bytes += part.length;
  timer ??= setTimeout(() => {
    timer = null;
    postMessage({ kind: "loaded", bytes });
  }, PAUSE);
  out.enqueue(part);
}

self.fetch = async (address, ...more) => {
  const answer = await fetchFromHost(address, ...more);
  if (!answer.ok || !COUNTED.test(String(address))) return answer;
  return new Response(answer.body.pipeThrough(new TransformStream({ transform: count })));
};
