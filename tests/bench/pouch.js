// SPDX-License-Identifier: Apache-2.0
// PouchDB with express-pouchdb over loopback, both on disk: seconds as one line of JSON.
const fs = require("fs"), http = require("http"), path = require("path");
const PouchDB = require("pouchdb"), express = require("express");
const rows = Number(process.argv[2]), base = path.join(process.cwd(), "data");
for (const name of ["centre", "a", "b"]) fs.mkdirSync(path.join(base, name), { recursive: true });
const at = (name) => PouchDB.defaults({ prefix: path.join(base, name) + path.sep });
const Centre = at("centre"), A = at("a"), B = at("b");
const seconds = async (work) => { const begun = performance.now(); await work(); return (performance.now() - begun) / 1000; };
const part = (taken, share) => taken.sort((x, y) => x - y)[Math.floor(taken.length * share)];
const one = (n) => ({ _id: String(n).padStart(9, "0"), patient: `p${n % 1000}`, code: "8480-6", system: "http://loinc.org",
  display: "Systolic blood pressure", value: String(90 + (n % 90)), unit: "mm[Hg]", at: 1720000000000 + n, category: "vital-signs" });

(async () => {
  const app = express();
  app.use("/", require("express-pouchdb")(Centre, { mode: "minimumForPouchDB", logPath: path.join(base, "log.txt") }));
  const server = http.createServer(app);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const there = `http://127.0.0.1:${server.address().port}/clinic`;
  const a = new A("clinic"), b = new B("clinic"), found = {}, options = { batch_size: 1000 };
  for (let n = 0; n < rows; n += 5000) {
    await a.bulkDocs(Array.from({ length: Math.min(5000, rows - n) }, (_, i) => one(n + i)));
  }
  found[`push of ${rows} records`] = await seconds(() => a.replicate.to(there, options));
  found[`first fill, ${rows} records`] = await seconds(() => b.replicate.from(there, options));
  const edits = (await a.allDocs({ limit: 1000, include_docs: true })).rows.map((row) => ({ ...row.doc, value: "1" }));
  await a.bulkDocs(edits);
  found["1,000 edits from A seen on B"] = await seconds(async () => {
    await a.replicate.to(there, options);
    await b.replicate.from(there, options);
  });
  const up = a.replicate.to(there, { live: true, retry: true }), down = b.replicate.from(there, { live: true, retry: true });
  await new Promise((quiet) => setTimeout(quiet, 1000));
  const taken = [];
  for (let n = 0; n < 60; n++) {
    const id = `live ${n}`;
    const seen = new Promise((done) => {
      const watch = b.changes({ since: "now", live: true }).on("change", (c) => { if (c.id === id) { watch.cancel(); done(); } });
    });
    await new Promise((settled) => setTimeout(settled, 50));
    taken.push(await seconds(async () => { await a.put({ ...one(n), _id: id }); await seen; }));
  }
  found["a live edit seen, p50"] = part(taken, 0.5);
  found["a live edit seen, p95"] = part(taken, 0.95);
  up.cancel(); down.cancel();
  process.stdout.write(JSON.stringify(found) + "\n");
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
