//! Functions of a wasm module in the order in which they weigh least after gzip.
//!
//! A compiler leaves the instances of one generic function for many types wide apart, and some of them equal byte for
//! byte. Here equal functions become one, and like ones stand together. Nothing else of the program changes but how
//! its variables are numbered ([`crate::locals`]): the slots of its tables, by which functions are told apart when it
//! runs, stay as they are.

use std::collections::HashMap;
use std::convert::Infallible;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

use crate::chain::chain;
use crate::locals::renumber;

/// `module` with its functions arranged, and without what is written beside the program for other tools.
///
/// # Errors
/// If it is not a wasm module.
pub fn arrange(module: &[u8]) -> Result<Vec<u8>> {
    let mut module = renumber(module)?;
    loop {
        let functions = Functions::read(&module)?;
        let first = functions.first_equal();
        let kept: Vec<usize> = (0..first.len()).filter(|&own| first[own] == own).collect();
        if kept.len() == first.len() {
            let order = chain(&functions.bodies);
            return functions.rewrite(&module, order, &first);
        }
        // The callers of two that have become one may now be equal themselves.
        module = functions.rewrite(&module, kept, &first)?;
    }
}

/// The functions of a module. Those it imports come first in the numbering and stay where they are; its `own` are
/// numbered here from 0.
struct Functions<'a> {
    imported: usize,
    types: Vec<u32>,
    bodies: Vec<&'a [u8]>,
}

impl<'a> Functions<'a> {
    fn read(module: &'a [u8]) -> Result<Self> {
        let mut read = Self {
            imported: 0,
            types: Vec::new(),
            bodies: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload.context("this is not a wasm module")? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        read.imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => read.types = section.into_iter().collect::<Result<_, _>>()?,
                Payload::CodeSectionEntry(body) => read.bodies.push(body.as_bytes()),
                _ => {}
            }
        }
        Ok(read)
    }

    /// For each function the first that equals it in type and body: often itself.
    fn first_equal(&self) -> Vec<usize> {
        let mut seen = HashMap::new();
        let both = self.types.iter().zip(&self.bodies).enumerate();
        both.map(|(own, pair)| *seen.entry(pair).or_insert(own)).collect()
    }

    /// `module` with the functions of `order` alone; calls of any other go to the one that `instead` names, which is
    /// of the order.
    fn rewrite(&self, module: &[u8], order: Vec<usize>, instead: &[usize]) -> Result<Vec<u8>> {
        let mut place = vec![0; instead.len()];
        for (at, &own) in order.iter().enumerate() {
            place[own] = at;
        }
        let own = instead.iter().map(|&own| self.imported + place[own]);
        let numbers = (0..self.imported).chain(own).map(|number| number as u32).collect();
        let mut rewritten = Module::new();
        Rewriter { numbers, order }
            .parse_core_module(&mut rewritten, Parser::new(0), module)
            .context("this wasm module cannot be arranged")?;
        Ok(rewritten.finish())
    }
}

/// Copies a module and changes what this file is about.
struct Rewriter {
    /// The new number of each function, imported ones included.
    numbers: Vec<u32>,
    order: Vec<usize>,
}

impl Reencode for Rewriter {
    type Error = Infallible;

    fn function_index(&mut self, number: u32) -> Result<u32, reencode::Error> {
        Ok(self.numbers[number as usize])
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for &own in &self.order {
            functions.function(types[own]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for own in self.order.clone() {
            self.parse_function_body(code, bodies[own].clone())?;
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), reencode::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, ImportSection, NameMap,
        NameSection, RefType, StartSection, TableSection, TableType, TypeSection,
    };
    use wasmparser::{ElementItems, Operator, Validator};

    use super::*;

    /// Number of the function that the module of the tests imports.
    const IMPORTED: u32 = 0;

    /// A function that takes and gives nothing, says `words` (numbers it drops) and calls others.
    fn function(words: &[i32], calls: &[u32]) -> Function {
        let mut function = Function::new([]);
        let mut code = function.instructions();
        for word in words {
            code.i32_const(*word).drop();
        }
        for number in calls {
            code.call(*number);
        }
        code.end();
        function
    }

    /// One import, then `own` functions from number 1 on; exports `a` and `b`, a table of two, and where to start.
    fn module(own: &[Function], exports: [u32; 2], table: &[u32], start: u32) -> Vec<u8> {
        let (mut types, mut imports, mut functions) =
            (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        types.ty().function([], []);
        imports.import("page", "say", EntityType::Function(0));
        let mut code = CodeSection::new();
        for body in own {
            functions.function(0);
            code.function(body);
        }
        let mut tables = TableSection::new();
        let slots = table.len() as u64;
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: slots,
            maximum: Some(slots),
            shared: false,
        });
        let mut exported = ExportSection::new();
        exported.export("a", ExportKind::Func, exports[0]);
        exported.export("b", ExportKind::Func, exports[1]);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(table.into()));
        let (mut names, mut map) = (NameSection::new(), NameMap::new());
        map.append(1, "first");
        names.functions(&map);

        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&tables);
        module
            .section(&exported)
            .section(&StartSection { function_index: start });
        module.section(&elements).section(&code).section(&names);
        module.finish()
    }

    /// What a module does, told without numbers of functions: what its exports, the slots of its table and its start
    /// say, with all that they call.
    fn reached(module: &[u8]) -> Vec<String> {
        Validator::new().validate_all(module).expect("a valid module");
        let mut entries = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::ExportSection(section) => {
                    let exports = section.into_iter().map(Result::unwrap);
                    entries.extend(exports.map(|export| (export.name, export.index)));
                }
                Payload::StartSection { func, .. } => entries.push(("start", func)),
                Payload::ElementSection(section) => {
                    for element in section {
                        let ElementItems::Functions(slots) = element.unwrap().items else {
                            panic!("a table of something else");
                        };
                        entries.extend(slots.into_iter().map(|slot| ("slot", slot.unwrap())));
                    }
                }
                _ => {}
            }
        }
        let bodies = bodies(module);
        let said = entries
            .iter()
            .map(|(name, number)| format!("{name}: {}", say(*number, &bodies)));
        said.collect()
    }

    fn bodies(module: &[u8]) -> Vec<FunctionBody<'_>> {
        let payloads = Parser::new(0).parse_all(module).map(Result::unwrap);
        let body = |payload| match payload {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        };
        payloads.filter_map(body).collect()
    }

    fn say(number: u32, bodies: &[FunctionBody<'_>]) -> String {
        if number == IMPORTED {
            return "imported".to_owned();
        }
        let mut said = String::new();
        for operator in bodies[number as usize - 1].get_operators_reader().unwrap() {
            match operator.unwrap() {
                Operator::I32Const { value } => said += &format!("{value} "),
                Operator::Call { function_index } => said += &format!("({}) ", say(function_index, bodies)),
                _ => {}
            }
        }
        said.trim_end().to_owned()
    }

    #[test]
    fn what_is_alike_stands_together_and_every_call_arrives() {
        let alike = |last| [(0..40).collect(), vec![last]].concat();
        let own = [
            function(&alike(51), &[IMPORTED, 4]),
            function(&[61, 62], &[3, 1]),
            function(&alike(52), &[]),
            function(&[71], &[IMPORTED]),
        ];
        let before = module(&own, [1, 2], &[3, 4, IMPORTED], 2);
        let after = arrange(&before).expect("a module");
        assert_eq!(reached(&after), reached(&before));
        let sizes = |module: &[u8]| bodies(module).iter().map(|body| body.range().len()).collect::<Vec<_>>();
        let [first, second, third, fourth] = sizes(&before)[..] else {
            panic!("four functions");
        };
        assert_eq!(sizes(&after), [first, third, second, fourth]);
    }

    #[test]
    fn equal_functions_become_one_and_then_their_callers() {
        let own = [
            function(&[1], &[3]),
            function(&[1], &[4]),
            function(&[2], &[]),
            function(&[2], &[]),
        ];
        let before = module(&own, [1, 2], &[4, 2, 3, 1], 2);
        let after = arrange(&before).expect("a module");
        assert_eq!(reached(&after), reached(&before));
        assert_eq!((bodies(&before).len(), bodies(&after).len()), (4, 2));
    }

    #[test]
    fn names_are_left_out_and_a_second_time_changes_nothing_that_is_done() {
        let own = [function(&[1], &[IMPORTED]), function(&[2], &[1])];
        let before = module(&own, [1, 2], &[], 2);
        let after = arrange(&before).expect("a module");
        assert!(after.len() < before.len());
        assert!(!after.windows(5).any(|bytes| bytes == b"first"));
        assert_eq!(reached(&arrange(&after).expect("a module")), reached(&before));
    }

    #[test]
    fn noise_is_refused() {
        arrange(b"not a module").unwrap_err();
    }
}
