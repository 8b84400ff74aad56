//! CSV answers.

use adapter_core::value::{Decoder, Keep};

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
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec()
}

fn check(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input).into_owned();
    let mut named = arena();
    let few = Decoder { keep: Keep::Named, ..Decoder::whole(DEPTH) }.decode_csv(&mut named, text.clone());
    let mut whole = arena();
    match Decoder::whole(DEPTH).decode_csv(&mut whole, text) {
        Ok(value) => {
            assert!(few.is_ok(), "whole it is taken, in part it is not");
            // Names stand once in the file and in each row of the JSON: only small ones are written out.
            outcome(0, if input.len() < 4_096 { canonical(&whole, value) } else { Vec::new() }.as_slice())
        }
        Err(error) => {
            assert!(few.is_err(), "in part it is taken, whole it is not");
            outcome(1 + error as u64, input)
        }
    }
}
