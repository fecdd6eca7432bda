"""The scanner of Rust sources sees functions through comments, strings and lifetimes."""

import pytest

from tests.tidy import rust

SOURCE = r"""
/* fn no() { /* nested */ { */
// fn no() {
fn first(x: [u8; 4], y: &'static str) -> char {
    let s = "fn no() { \" {";
    let raw = r#"fn no() {{ " "#;
    let bytes = br##"}"# "##;
    let characters = ('{', '\'', b'}', '\u{7b}', '"');
    fn inner<'a>(z: &'a u8) where
    {
    }
    "/* not a comment"
}
trait T { fn declared(&self, a: [u8; 2]) -> u8; fn given(&self) { } }
const F: fn(u8) -> u8 = g;
"""


def test_functions_and_their_lines() -> None:
    found = [(function.name, function.line, function.lines) for function in rust.functions(SOURCE)]
    assert found == [("first", 4, 10), ("inner", 9, 3), ("given", 14, 1)]


@pytest.mark.parametrize("text", ["/* a /* b */ c */", "// a", '"a\\"b"', 'r#"a"b"#', "b'x'"])
def test_blanking_keeps_offsets(text: str) -> None:
    source = f"x\n{text}\ny"
    blanked = rust.blank(source)
    assert len(blanked) == len(source)
    assert blanked.split() == ["x", "y"]
