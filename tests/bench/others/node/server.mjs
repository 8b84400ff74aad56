// The bench's mappings as a Node service: Fastify in front, undici's pool behind, one process for each worker.
import cluster from "node:cluster";
import { parseArgs } from "node:util";
import Fastify from "fastify";
import { Pool } from "undici";
import { answer } from "./answer.mjs";
import * as soap from "./soap.mjs";

const { values: told } = parseArgs({
  options: {
    legacy: { type: "string" },
    current: { type: "string" },
    workers: { type: "string" },
    year: { type: "string", multiple: true, default: [] },
    soap: { type: "boolean", default: false },
  },
});
const current = Number(told.current);

if (cluster.isPrimary) {
  const workers = Number(told.workers);
  let listening = 0;
  cluster.on("listening", (_, address) => {
    listening += 1;
    if (listening === workers) console.log(`listening 127.0.0.1:${address.port}`);
  });
  // A service that lost a worker is no measurement.
  cluster.on("exit", () => process.exit(1));
  for (let worker = 0; worker < workers; worker += 1) cluster.fork();
} else {
  await serve();
}

async function serve() {
  const pool = new Pool(`http://${told.legacy}`, { connections: 64, headersTimeout: 5000, bodyTimeout: 5000 });

  async function call(options) {
    const { statusCode, body } = await pool.request(options);
    if (statusCode !== 200) {
      await body.dump();
      throw Object.assign(new Error("the system refused"), { statusCode: 503 });
    }
    return body;
  }

  async function list(taxCode, year) {
    const path = `/e3rest/api/iscrizioni?codFis=${taxCode}${year ? `&aaIscrId=${year}` : ""}`;
    const body = await call({ method: "GET", path, headers: { accept: "application/json" } });
    const rows = await body.json();
    for (const row of rows) row.status = row.staIscrCod?.value;
    return rows;
  }

  async function read(taxCode) {
    if (told.soap) {
      const body = await call({ method: "POST", path: soap.PATH, headers: soap.HEADERS, body: soap.request(taxCode) });
      return soap.rows(await body.text());
    }
    if (told.year.length === 0) return list(taxCode);
    const lists = await Promise.all(told.year.map((year) => list(taxCode, year)));
    return lists.flat();
  }

  const app = Fastify({ logger: false, keepAliveTimeout: 60_000 });
  const text = { type: "string" };
  const schema = {
    body: {
      type: "object",
      additionalProperties: false,
      required: ["tax_code"],
      properties: { tax_code: { type: "string", pattern: "^[A-Z0-9]{16}$" } },
    },
    response: {
      200: {
        type: "object",
        properties: {
          personal_data: { type: "object", properties: { tax_code: text } },
          enrollments: {
            type: "array",
            items: {
              type: "object",
              properties: {
                institute_code: text,
                programme_type_code: text,
                degree_course_code: text,
                degree_class_code: { type: ["string", "null"] },
                academic_year: text,
                degree_course_year: { type: "integer" },
                status: text,
              },
            },
          },
        },
      },
    },
  };
  app.post("/ifs02/academic-enrollments", { schema }, async (request, reply) => {
    const taxCode = request.body.tax_code;
    const found = answer(taxCode, await read(taxCode), current);
    reply.header("cache-control", "no-store");
    return found ?? reply.code(400).send();
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
}
