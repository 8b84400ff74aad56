//! CSV answers.

use adapter_core::value::{Csv, Decoder, Keep, Rows, Value};

use super::{DEPTH, Target, arena, canonical, outcome};

pub const TARGET: Target = Target {
    name: "csv",
    seeds,
    make: None,
    pieces: &[
        ";",
        ",",
        "\t",
        "\"",
        "\"\"",
        "\n",
        "\r\n",
        "\r",
        "id",
        "code;year",
        "\";\"",
        "\"\n\"",
        "\u{feff}",
        " ",
        "è",
        "\u{0}",
        ";;",
        "1;2;3\n",
        "id;id\n",
        "sep=;\n",
        "sep=|\n",
        "x",
    ],
    pairs: &[("\"", "\"")],
    share: 1,
    check,
};

fn seeds() -> Vec<Vec<u8>> {
    [
        "id;code;year\n1;L-31;2023\n2;\"a;b\"\"c\";\n",
        "\u{feff}id,code\r\n1,x\r\n2,\"y\r\nz\"\r\n",
        "id\tcode\n1\t2",
        "id;code;\n1;2;\n",
        "id\n",
        "sep=,\nid,\"a;b\"\n1,\"2;3\"\n",
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec()
}

fn check(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input).into_owned();
    let any = Csv::default();
    let mut named = arena();
    let few = Decoder { keep: Keep::Named, ..Decoder::whole(DEPTH) }.decode_csv(&mut named, text.clone(), &any);
    let mut whole = arena();
    match Decoder::whole(DEPTH).decode_csv(&mut whole, text.clone(), &any) {
        Ok(Rows { rows: value, .. }) => {
            assert!(few.is_ok(), "whole it is taken, in part it is not");
            // Of a head that is wanted, every row has the columns.
            let wanted = Csv { must: vec![0, 1], ..any };
            if let Ok(Rows { rows: Value::List(rows), .. }) =
                Decoder::whole(DEPTH).decode_csv(&mut named, text, &wanted)
            {
                let has = |row: &Value| match row {
                    Value::Record(row) => wanted.must.iter().all(|name| named.member(*row, *name).is_some()),
                    _ => false,
                };
                assert!(named.elements(rows).iter().all(has), "a head is taken for another");
            }
            // Names stand once in the file and in each row of the JSON: only small ones are written out.
            outcome(0, if input.len() < 4_096 { canonical(&whole, value) } else { Vec::new() }.as_slice())
        }
        Err(error) => {
            assert!(few.is_err(), "in part it is taken, whole it is not");
            outcome(1 + error.why as u64, input)
        }
    }
}
