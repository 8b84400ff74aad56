"""The bench's mappings as a FastAPI service; httpx behind."""

import asyncio
import ctypes
import os
import signal
from contextlib import asynccontextmanager

import httpx
import orjson
from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field

import soap
from answer import answer

LEGACY = os.environ["BENCH_LEGACY"]
CURRENT = int(os.environ["BENCH_CURRENT"])
YEARS = os.environ["BENCH_YEARS"].split()
SOAP = os.environ["BENCH_SOAP"] == "1"


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")
    tax_code: str = Field(pattern="^[A-Z0-9]{16}$")


@asynccontextmanager
async def life(app):
    # A worker never outlives the service: PR_SET_PDEATHSIG.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=f"http://{LEGACY}", limits=limits, timeout=5.0) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=life, openapi_url=None)


async def listed(tax_code, year):
    params = {"codFis": tax_code} if year is None else {"codFis": tax_code, "aaIscrId": year}
    got = await app.state.client.get("/e3rest/api/iscrizioni", params=params)
    got.raise_for_status()
    return [
        (
            row["aaIscrId"],
            row["cdsId"],
            row["aaRegId"],
            row["claMurstCod"],
            row["annoCorso"],
            row["condFlg"],
            row["staIscrCod"] and row["staIscrCod"]["value"],
        )
        for row in orjson.loads(got.content)
    ]


async def read(tax_code):
    if SOAP:
        got = await app.state.client.post(soap.PATH, content=soap.request(tax_code), headers=soap.HEADERS)
        got.raise_for_status()
        return soap.rows(got.content)
    if not YEARS:
        return await listed(tax_code, None)
    lists = await asyncio.gather(*(listed(tax_code, year) for year in YEARS))
    return [row for rows in lists for row in rows]


@app.post("/ifs02/academic-enrollments")
async def enrollments(request: Request):
    try:
        rows = await read(request.tax_code)
    except httpx.HTTPError:
        return Response(status_code=503, headers={"retry-after": "30"})
    found = answer(request.tax_code, rows, CURRENT)
    if found is None:
        return Response(status_code=400)
    return Response(orjson.dumps(found), media_type="application/json", headers={"cache-control": "no-store"})
