// Calls @wecom/crypto as told: one JSON array of [function, ...arguments] in, one JSON array of results out.
const crypto = require("@wecom/crypto");

let input = "";
process.stdin.on("data", (chunk) => (input += chunk));
process.stdin.on("end", () => {
  const results = JSON.parse(input).map(([name, ...given]) => crypto[name](...given));
  process.stdout.write(JSON.stringify(results));
});
