//! The linker of the page's programs: takes away what leads to a panic only, and calls the linker of the toolchain.
//!
//! The standard library words a panic: each place that may panic gives its file, line and column, and most a text with
//! numbers in it. In a browser nobody reads them, and they were 38 kB of 701 after gzip. Here a panic is the instruction
//! `unreachable`, of which the browser tells the page, and the same recipe panics natively with all its words.
//!
//! Objects are what can be cut: in them every reference is on record, so that the linker then leaves out whatever is
//! no longer named, functions and texts alike. A call is cut with all that stands before it up to the last branch or
//! call: that can do nothing but prepare it.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustc_demangle::demangle;
use wasm_encoder::{CustomSection, Encode, Module, RawSection};
use wasmparser::{
    BinaryReader, FunctionBody, KnownCustom, Linking, Operator, Parser, Payload, RelocAddendKind, RelocSectionReader,
    RelocationEntry, RelocationType, SymbolFlags, SymbolInfo, TypeRef,
};

use crate::process;

/// The word with which rustc begins what it tells a linker.
pub const FIRST_WORD: &str = "-flavor";

/// Name of the linker in the toolchain, in a folder that rustc puts on the path.
const LINKER: &str = "rust-lld";

/// Functions that end in a panic, or modules of them: the beginnings of their names. What only calls these is found.
const PANICS: [&str; 5] = [
    "core::panicking::",
    "std::panicking::begin_panic",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::handle_error",
    "core::str::slice_error_fail",
];

/// The instruction `unreachable` (WebAssembly specification, 5.4.1).
const UNREACHABLE: u8 = 0x00;

/// Section of the code (WebAssembly specification, 5.5.2), and that of its references.
const CODE: u8 = 10;
const CODE_REFERENCES: &str = "reloc.CODE";

/// Stands between the name of a function that one object alone sees and the number of the object.
const ALONE: char = '@';

/// Links as rustc asks by `words`, without panics.
///
/// # Errors
/// If an object cannot be read, or the linker of the toolchain fails.
pub fn link(words: &[String]) -> Result<()> {
    let mut words = said(words)?;
    let output = words.iter().position(|word| word == "-o").map(|at| at + 1);
    let output = output
        .and_then(|at| words.get(at))
        .context("the linker is not told where to write")?;
    let folder = PathBuf::from(output).with_added_extension("objects");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let is_object = |word: &str| Path::new(word).extension() == Some(OsStr::new("o"));
    let places: Vec<usize> = (0..words.len()).filter(|&at| is_object(&words[at])).collect();
    let objects = places
        .iter()
        .map(|&at| fs::read(&words[at]).with_context(|| format!("cannot read {}", words[at])));
    let objects = objects.collect::<Result<Vec<_>>>()?;
    for (at, object) in places.iter().zip(without_panics(&objects)?) {
        let cut = folder.join(format!("{at}.o"));
        fs::write(&cut, object)?;
        words[*at] = cut.to_string_lossy().into_owned();
    }
    // Which kind of linker is wanted is said at once, and the rest in a file: it is more than some systems take.
    let (flavor, words) = words.split_at(2);
    let told = folder.join("words");
    fs::write(&told, words.iter().map(|word| escaped(word) + "\n").collect::<String>())?;
    process::run(process::command(LINKER, flavor).arg(format!("@{}", told.display())))?;
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
}

/// `words`, with those of a file in place of the file: rustc writes one where they would be too many.
fn said(words: &[String]) -> Result<Vec<String>> {
    let mut said = Vec::new();
    for word in words {
        match word.strip_prefix('@') {
            Some(file) => {
                let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
                said.extend(text.lines().map(unescaped));
            }
            None => said.push(word.clone()),
        }
    }
    Ok(said)
}

/// A word as one line of a file of words: what would part it has a backslash before it.
fn escaped(word: &str) -> String {
    let mut line = String::new();
    for letter in word.chars() {
        if matches!(letter, '\\' | ' ' | '"') {
            line.push('\\');
        }
        line.push(letter);
    }
    line
}

fn unescaped(line: &str) -> String {
    let mut letters = line.chars();
    let mut word = String::new();
    while let Some(letter) = letters.next() {
        word.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    word
}

/// Objects that are linked together, with `unreachable` in place of whatever leads to a panic only.
///
/// # Errors
/// If one of them is no wasm object.
pub fn without_panics(objects: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
    let read = objects
        .iter()
        .enumerate()
        .map(|(number, bytes)| Object::read(bytes, number));
    let read = read.collect::<Result<Vec<_>>>()?;
    let mut panics: HashSet<&str> = HashSet::new();
    for object in &read {
        panics.extend(
            object
                .symbols
                .iter()
                .flatten()
                .map(String::as_str)
                .filter(|name| begins_panic(name)),
        );
    }
    // What only calls a panic is one itself, and so are then its callers.
    loop {
        let before = panics.len();
        for object in &read {
            for (body, names) in object.bodies.iter().zip(&object.names) {
                if !names.iter().all(|&symbol| object.is_panic(symbol, &panics))
                    && object.cuts(body, &panics)?.nothing_else
                {
                    panics.extend(names.iter().filter_map(|&symbol| object.symbols[symbol].as_deref()));
                }
            }
        }
        if panics.len() == before {
            break;
        }
    }
    read.iter().map(|object| object.rewrite(&panics)).collect()
}

/// Whether the function of this mangled name is one of [`PANICS`].
fn begins_panic(name: &str) -> bool {
    let mangled = name.split(ALONE).next().unwrap_or(name);
    // Without the numbers that tell one `core` from another.
    let plain = format!("{:#}", demangle(mangled));
    PANICS.iter().any(|begin| plain.starts_with(begin))
}

/// A wasm object as the toolchain's conventions have it (WebAssembly/tool-conventions, Linking.md).
struct Object<'a> {
    bytes: &'a [u8],
    /// Id and content of each section, and the name of a custom one.
    sections: Vec<(u8, Range<usize>, Option<&'a str>)>,
    /// Content of the section of code.
    code: Range<usize>,
    bodies: Vec<FunctionBody<'a>>,
    /// The symbols of each body.
    names: Vec<Vec<usize>>,
    /// Names of the symbols that are functions. To one that only this object sees its number is added.
    symbols: Vec<Option<String>>,
    references: Vec<RelocationEntry>,
    /// The symbol that is called, by where its number stands.
    called: HashMap<usize, usize>,
}

/// What is to be cut out of a function.
struct Cuts {
    /// Each is replaced by `unreachable`; in order.
    ranges: Vec<Range<usize>>,
    /// The function does nothing but panic.
    nothing_else: bool,
}

impl<'a> Object<'a> {
    fn read(bytes: &'a [u8], number: usize) -> Result<Self> {
        let mut read = Self {
            bytes,
            sections: Vec::new(),
            code: 0..0,
            bodies: Vec::new(),
            names: Vec::new(),
            symbols: Vec::new(),
            references: Vec::new(),
            called: HashMap::new(),
        };
        let (mut imported, mut functions) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.context("this is not a wasm object")?;
            if let Some((id, range)) = payload.as_section() {
                let name = match &payload {
                    Payload::CustomSection(section) => Some(section.name()),
                    _ => None,
                };
                read.sections.push((id, range, name));
            }
            match payload {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if matches!(import.ty, TypeRef::Func(_)) {
                            imported.push(import.name);
                        }
                    }
                }
                Payload::CodeSectionStart { range, .. } => read.code = range,
                Payload::CodeSectionEntry(body) => read.bodies.push(body),
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(linking) => {
                        for subsection in linking.subsections() {
                            let Linking::SymbolTable(symbols) = subsection? else {
                                continue;
                            };
                            for symbol in symbols {
                                let function = function(symbol?, &imported, number);
                                functions.push(function.as_ref().map(|function| function.0));
                                read.symbols.push(function.map(|function| function.1));
                            }
                        }
                    }
                    KnownCustom::Reloc(references) if section.name() == CODE_REFERENCES => {
                        read.references = references.entries().into_iter().collect::<Result<_, _>>()?;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        read.names = vec![Vec::new(); read.bodies.len()];
        for (symbol, function) in functions.iter().enumerate() {
            if let Some(own) = function.and_then(|number| (number as usize).checked_sub(imported.len())) {
                read.names[own].push(symbol);
            }
        }
        let calls = read
            .references
            .iter()
            .filter(|to| to.ty == RelocationType::FunctionIndexLeb);
        read.called = calls
            .map(|to| (read.code.start + to.offset as usize, to.index as usize))
            .collect();
        Ok(read)
    }

    fn is_panic(&self, symbol: usize, panics: &HashSet<&str>) -> bool {
        self.symbols[symbol]
            .as_deref()
            .is_some_and(|name| panics.contains(name))
    }

    /// What leads to one of `panics` only.
    fn cuts(&self, body: &FunctionBody<'_>, panics: &HashSet<&str>) -> Result<Cuts> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut nothing_else = true;
        let mut reader = body.get_operators_reader()?;
        // Where what leads here began, and how many blocks are open.
        let (mut began, mut depth) = (reader.original_position(), 0);
        while !reader.eof() {
            let at = reader.original_position();
            let operator = reader.read()?;
            let next = reader.original_position();
            let panics = match &operator {
                Operator::Unreachable => true,
                // The number of what is called follows the one byte of the instruction.
                Operator::Call { .. } => self
                    .called
                    .get(&(at + 1))
                    .is_some_and(|&symbol| self.is_panic(symbol, panics)),
                _ => false,
            };
            if panics {
                match ranges.last_mut() {
                    // Behind a call that does not return stands an `unreachable`.
                    Some(last) if last.end == began => last.end = next,
                    _ => ranges.push(began..next),
                }
                began = next;
                continue;
            }
            let leaves = |target: u32| target >= depth;
            let (parts, other) = match &operator {
                Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::Return => (true, true),
                Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => (true, leaves(*relative_depth)),
                Operator::BrTable { targets } => {
                    let all = targets.targets().collect::<Result<Vec<_>, _>>()?;
                    (true, all.into_iter().chain([targets.default()]).any(leaves))
                }
                Operator::Block { .. } | Operator::If { .. } | Operator::Loop { .. } => {
                    depth += 1;
                    // A loop might never end.
                    (true, matches!(operator, Operator::Loop { .. }))
                }
                // That of the function itself is reached by whoever does not panic.
                Operator::End if depth == 0 => (true, ranges.last().is_none_or(|last| last.end != at)),
                Operator::End => {
                    depth -= 1;
                    (true, false)
                }
                Operator::Else => (true, false),
                _ => (false, false),
            };
            nothing_else &= !other;
            if parts {
                began = next;
            }
        }
        Ok(Cuts { ranges, nothing_else })
    }

    /// The object after the cuts.
    fn rewrite(&self, panics: &HashSet<&str>) -> Result<Vec<u8>> {
        // New content of the section of code, and where in it what is kept of the old has come to stand.
        let mut code = Vec::new();
        let mut kept: Vec<(Range<usize>, usize)> = Vec::new();
        self.bodies.len().encode(&mut code);
        for body in &self.bodies {
            let mut new = Vec::new();
            let mut own = Vec::new();
            let mut from = body.range().start;
            for cut in self.cuts(body, panics)?.ranges {
                own.push((from..cut.start, new.len()));
                new.extend_from_slice(&self.bytes[from..cut.start]);
                new.push(UNREACHABLE);
                from = cut.end;
            }
            own.push((from..body.range().end, new.len()));
            new.extend_from_slice(&self.bytes[from..body.range().end]);
            new.len().encode(&mut code);
            kept.extend(own.into_iter().map(|(old, at)| (old, code.len() + at)));
            code.extend(new);
        }
        let moved = |offset: u32| {
            let at = self.code.start + offset as usize;
            let (old, new) = &kept[kept.partition_point(|(old, _)| old.end <= at)];
            old.contains(&at).then(|| new + at - old.start)
        };
        let mut module = Module::new();
        for (id, range, name) in &self.sections {
            let content = &self.bytes[range.clone()];
            match name {
                _ if *id == CODE => module.section(&RawSection { id: CODE, data: &code }),
                Some(CODE_REFERENCES) => {
                    let mut data = Vec::new();
                    let mut reader = BinaryReader::new(content, 0);
                    reader.read_string()?;
                    let section = RelocSectionReader::new(reader)?.section_index();
                    section.encode(&mut data);
                    let left = self
                        .references
                        .iter()
                        .filter_map(|to| moved(to.offset).map(|at| (to, at)));
                    let left: Vec<(&RelocationEntry, usize)> = left.collect();
                    left.len().encode(&mut data);
                    for (to, at) in left {
                        data.push(to.ty as u8);
                        at.encode(&mut data);
                        to.index.encode(&mut data);
                        if to.ty.addend_kind() != RelocAddendKind::None {
                            to.addend.encode(&mut data);
                        }
                    }
                    module.section(&CustomSection {
                        name: CODE_REFERENCES.into(),
                        data: data.into(),
                    })
                }
                _ => module.section(&RawSection { id: *id, data: content }),
            };
        }
        Ok(module.finish())
    }
}

/// Number and name of a symbol that is a function of object `number`.
fn function(symbol: SymbolInfo<'_>, imported: &[&str], number: usize) -> Option<(u32, String)> {
    let SymbolInfo::Func { flags, index, name } = symbol else {
        return None;
    };
    let name = name.or_else(|| imported.get(index as usize).copied())?;
    let alone = flags.contains(SymbolFlags::BINDING_LOCAL);
    let name = if alone {
        format!("{name}{ALONE}{number}")
    } else {
        name.to_owned()
    };
    Some((index, name))
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, EntityType, Function, FunctionSection, ImportSection, LinkingSection, SymbolTable, TypeSection,
    };
    use wasmparser::Validator;

    use super::*;

    /// Names of functions as rustc mangles them, of both kinds.
    const PANIC: &str = "_ZN4core9panicking5panic17h0123456789abcdefE";
    const BOUNDS: &str = "_RNvNtCsgXGp5Oqx2Ny_4core9panicking18panic_bounds_check";
    const HARMLESS: &str = "_ZN4core3fmt5write17h0123456789abcdefE";
    const OURS: [&str; 4] = ["first", "second", "third", "fourth"];

    /// An instruction of a body.
    enum Word {
        /// Pushes a number and drops it: what can only prepare something.
        Number(i32),
        /// Calls the function of this number by a reference.
        Call(u8),
        /// Anything else, in bytes.
        Plain(&'static [u8]),
    }
    use Word::{Call, Number, Plain};

    const TRAP: Word = Plain(&[UNREACHABLE]);
    const BLOCK: Word = Plain(&[0x02, 0x40]);
    const END: Word = Plain(&[0x0b]);
    /// Goes on behind the innermost block if zero is not zero.
    const MAYBE: Word = Plain(&[0x41, 0, 0x0d, 0]);
    const RETURN: Word = Plain(&[0x0f]);

    /// An object that imports the functions `imported` and holds `own`, called as in [`OURS`]; numbers count both.
    fn object(imported: &[&str], own: &[&[Word]]) -> Vec<u8> {
        let (mut types, mut imports, mut functions) =
            (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        types.ty().function([], []);
        let mut symbols = SymbolTable::new();
        for (number, name) in imported.iter().enumerate() {
            imports.import("env", name, EntityType::Function(0));
            symbols.function(SymbolTable::WASM_SYM_UNDEFINED, number as u32, None);
        }
        let mut code = CodeSection::new();
        // Where each reference stands in the content of the section, which begins with the count of bodies.
        let (mut references, mut at) = (Vec::new(), 1);
        for (number, words) in own.iter().enumerate() {
            functions.function(0);
            symbols.function(0, (imported.len() + number) as u32, Some(OURS[number]));
            let mut bytes = Vec::new();
            for word in *words {
                match word {
                    Number(number) => bytes.extend([0x41, *number as u8, 0x1a]),
                    Call(number) => {
                        bytes.push(0x10);
                        // Of the body the length and the count of variables stand before.
                        references.push((at + 2 + bytes.len(), *number));
                        bytes.extend([number | 0x80, 0x80, 0x80, 0x80, 0]);
                    }
                    Plain(plain) => bytes.extend(*plain),
                }
            }
            bytes.push(0x0b);
            assert!(bytes.len() < 127, "lengths of one byte");
            at += 2 + bytes.len();
            let mut function = Function::new([]);
            function.raw(bytes);
            code.function(&function);
        }
        let mut linking = LinkingSection::new();
        linking.symbol_table(&symbols);
        // The code is the fourth section.
        let mut data = vec![3, references.len() as u8];
        for (at, number) in references {
            data.extend([RelocationType::FunctionIndexLeb as u8, at as u8, number]);
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&code);
        module.section(&linking).section(&CustomSection {
            name: CODE_REFERENCES.into(),
            data: data.into(),
        });
        module.finish()
    }

    /// What each function of an object does, and the symbols its references name, each where a call stands.
    fn said(object: &[u8]) -> Vec<String> {
        Validator::new().validate_all(object).expect("a valid module");
        let read = Object::read(object, 0).unwrap();
        let body = |body: &FunctionBody<'_>| {
            let mut said = Vec::new();
            let mut reader = body.get_operators_reader().unwrap();
            while !reader.eof() {
                let at = reader.original_position();
                said.push(match reader.read().unwrap() {
                    Operator::I32Const { value } => value.to_string(),
                    Operator::Call { function_index } => {
                        assert_eq!(read.called.get(&(at + 1)), Some(&(function_index as usize)));
                        format!("call {function_index}")
                    }
                    Operator::Unreachable => "trap".to_owned(),
                    Operator::Block { .. } => "block".to_owned(),
                    Operator::BrIf { .. } => "maybe".to_owned(),
                    Operator::Return => "return".to_owned(),
                    Operator::End => "end".to_owned(),
                    Operator::Drop => continue,
                    other => panic!("{other:?}"),
                });
            }
            said.join(" ")
        };
        assert_eq!(read.called.len(), read.references.len());
        read.bodies.iter().map(body).collect()
    }

    fn cut(objects: &[Vec<u8>]) -> Vec<Vec<String>> {
        without_panics(objects)
            .unwrap()
            .iter()
            .map(|object| said(object))
            .collect()
    }

    #[test]
    fn a_panic_is_cut_with_what_prepares_it() {
        let words = [
            Number(1),
            Call(1),
            Number(2),
            BLOCK,
            MAYBE,
            Number(3),
            Number(4),
            Call(0),
            TRAP,
            END,
            Number(5),
            Call(1),
        ];
        let before = object(&[PANIC, HARMLESS], &[&words]);
        assert_eq!(
            said(&before),
            ["1 call 1 2 block 0 maybe 3 4 call 0 trap end 5 call 1 end"]
        );
        assert_eq!(cut(&[before]), [["1 call 1 2 block 0 maybe trap end 5 call 1 end"]]);
    }

    #[test]
    fn what_only_panics_is_a_panic_in_every_object() {
        // In turns: the first calls the second, which calls what panics.
        let first = object(
            &[BOUNDS],
            &[
                &[Number(1), Call(2), TRAP],
                &[BLOCK, MAYBE, Call(0), TRAP, END, Call(0), TRAP],
            ],
        );
        let other = object(&["first"], &[&[BLOCK, MAYBE, Number(7), Call(0), TRAP, END]]);
        assert_eq!(
            cut(&[other, first]),
            [
                vec!["block 0 maybe trap end end"],
                vec!["trap end", "block 0 maybe trap end trap end"]
            ]
        );
    }

    #[test]
    fn what_may_return_or_call_is_no_panic() {
        let own: [&[Word]; 4] = [
            &[BLOCK, MAYBE, RETURN, END, Call(0), TRAP],
            &[Call(1), Call(0), TRAP],
            &[BLOCK, MAYBE, Call(0), TRAP, END],
            &[Number(1), Call(2), Number(2), Call(3), Number(3), Call(4)],
        ];
        let after = cut(&[object(&[PANIC, HARMLESS], &own)]);
        let wanted = [
            "block 0 maybe return end trap end",
            "call 1 trap end",
            "block 0 maybe trap end end",
            "1 call 2 2 call 3 3 call 4 end",
        ];
        assert_eq!(after, [wanted]);
    }

    #[test]
    fn only_the_functions_of_panics_are_cut() {
        for (name, is) in [
            (PANIC, true),
            (BOUNDS, true),
            ("_ZN4core9panicking5panic17h0123456789abcdefE@7", true),
            ("_RNvNtCs5cOc02OMXlo_5alloc7raw_vec12handle_error", true),
            (HARMLESS, false),
            ("_RNvNtCs5cOc02OMXlo_5alloc7raw_vec17try_allocate_in", false),
            ("main", false),
        ] {
            assert_eq!(begins_panic(name), is, "{name}");
        }
    }

    #[test]
    fn words_of_a_file_are_read_as_they_are_written() {
        for word in ["-o", "/tmp/a folder/x.wasm", "C:\\files\\x.o", "a\"b", ""] {
            assert_eq!(unescaped(&escaped(word)), word);
        }
        assert_eq!(escaped("a b"), "a\\ b");
    }

    #[test]
    fn noise_is_refused() {
        without_panics(&[b"not an object".to_vec()]).unwrap_err();
    }
}
