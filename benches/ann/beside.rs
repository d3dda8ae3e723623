//! Other libraries behind a pipe: `others.py` answers each line of its input by one line.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

use ndarray::Array2;
use playground::engine::index::files::write_fvecs;

use crate::ann::{Searcher, Set};

/// As `others.py` calls them, and as they are shown.
const OTHERS: [(&str, &str); 4] = [
    ("faiss_ivf_flat", "Faiss IVF-Flat"),
    ("faiss_ivf_pq", "Faiss IVF-PQ"),
    ("faiss_hnsw", "Faiss HNSW"),
    ("hnswlib", "hnswlib"),
];

struct Other {
    word: &'static str,
    name: &'static str,
    pipe: Rc<RefCell<Pipe>>,
}

struct Pipe {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// The other libraries of that Python, over the vectors of `set`.
///
/// # Errors
/// If it cannot be started or the vectors cannot be handed over.
pub fn start(python: &str, set: &Set) -> io::Result<Vec<Box<dyn Searcher>>> {
    let folder = std::env::temp_dir().join(format!("indexes-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let d = set.vectors.ncols();
    let queries = Array2::from_shape_fn((set.queries.len(), d), |(row, column)| set.queries[row][column]);
    for (rows, what) in [(&set.vectors, "base"), (&queries, "query")] {
        std::fs::write(folder.join(what).with_extension("fvecs"), write_fvecs(rows))?;
    }
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/ann/others.py"))
        .arg(&folder)
        .args([set.cells.to_string(), set.parts.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let ends = child.stdin.take().zip(child.stdout.take());
    let (input, output) = ends.ok_or_else(|| io::Error::other("no pipe"))?;
    let output = BufReader::new(output);
    let pipe = Rc::new(RefCell::new(Pipe { child, input, output }));
    // Its first answer says that it has read them.
    pipe.borrow_mut().ask("ready")?;
    std::fs::remove_dir_all(folder)?;
    let other = |(word, name)| -> Box<dyn Searcher> {
        let pipe = Rc::clone(&pipe);
        Box::new(Other { word, name, pipe })
    };
    Ok(OTHERS.map(other).into_iter().collect())
}

impl Pipe {
    fn ask(&mut self, line: &str) -> io::Result<String> {
        writeln!(self.input, "{line}")?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        Ok(answer.trim_end().to_owned())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // It has nothing more to do, whether or not it still runs.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Other {
    fn ask(&self, what: &str) -> String {
        let answer = self.pipe.borrow_mut().ask(&format!("{} {what}", self.word));
        answer.expect("the others still run")
    }
}

impl Searcher for Other {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn build(&mut self) -> String {
        self.ask("build")
    }

    fn found(&mut self, count: usize, effort: usize) -> Vec<u32> {
        let answer = self.ask(&format!("found {count} {effort}"));
        answer.split(' ').map(|id| id.parse().expect("a row")).collect()
    }

    fn seconds(&mut self, effort: usize) -> f64 {
        self.ask(&format!("seconds {effort}")).parse().expect("seconds")
    }
}
