// The same list over SOAP: a request in text, rows out of events.
import { SaxesParser } from "saxes";

const ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/";
const SERVICE = "http://ws.esempio.example/iscrizioni";
const NUMBERS = new Set(["aaIscrId", "cdsId", "aaRegId", "annoCorso", "condFlg"]);

export const PATH = "/services/Iscrizioni";
export const HEADERS = { "content-type": "text/xml; charset=utf-8", soapaction: '"list"' };

export function request(taxCode) {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}" xmlns:ws="${SERVICE}">` +
    `<soapenv:Body><ws:list><ws:codFis>${taxCode}</ws:codFis></ws:list></soapenv:Body></soapenv:Envelope>`
  );
}

export function rows(document) {
  const parser = new SaxesParser({ xmlns: true });
  const rows = [];
  let row = null;
  let within = null;
  let collected = null;
  let answered = false;
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    if (row === null) {
      if (tag.name === "row") row = {};
      else if (tag.local === "listReturn" && tag.uri === SERVICE) answered = true;
    } else if (NUMBERS.has(tag.name) || tag.name === "claMurstCod" || (tag.name === "value" && within === "staIscrCod")) {
      collected = "";
    } else if (within === null || tag.name === "staIscrCod") {
      within = tag.name;
    }
  });
  parser.on("text", (text) => {
    if (collected !== null) collected += text;
  });
  parser.on("closetag", (tag) => {
    if (row === null) return;
    if (collected !== null) {
      if (tag.name === "value") row.status = collected;
      else if (collected !== "") row[tag.name] = NUMBERS.has(tag.name) ? Number(collected) : collected;
      collected = null;
    } else if (tag.name === "row") {
      rows.push(row);
      row = null;
    } else if (tag.name === within) {
      within = null;
    }
  });
  parser.write(document).close();
  if (!answered) throw new Error("not the answer");
  return rows;
}
