"""The same list over SOAP: a request in text, rows out of lxml's tree."""

from lxml import etree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://ws.esempio.example/iscrizioni"
PATH = "/services/Iscrizioni"
HEADERS = {"content-type": "text/xml; charset=utf-8", "soapaction": '"list"'}
ROWS = f"{{{ENVELOPE}}}Body/{{{SERVICE}}}listResponse/{{{SERVICE}}}listReturn/row"


def request(tax_code):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:ws="{SERVICE}">'
        f"<soapenv:Body><ws:list><ws:codFis>{tax_code}</ws:codFis></ws:list></soapenv:Body></soapenv:Envelope>"
    )


def _number(value):
    return int(value) if value else None


def rows(document):
    # Neither entities nor anything of the network.
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    found = []
    for row in root.iterfind(ROWS):
        of = row.findtext
        found.append(
            (
                _number(of("aaIscrId")),
                _number(of("cdsId")),
                _number(of("aaRegId")),
                of("claMurstCod"),
                _number(of("annoCorso")),
                _number(of("condFlg")),
                of("staIscrCod/value"),
            )
        )
    return found
