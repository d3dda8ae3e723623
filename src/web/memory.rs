//! Where page and worker have their memory from: two levels of lists of free blocks (Masmano et al., ECRTS 2004), found in
//! constant time, by half of the code that the standard library would bring.

use rlsf::{GlobalTlsf, GlobalTlsfOptions};

#[global_allocator]
static MEMORY: GlobalTlsf<Lean> = GlobalTlsf::new();

struct Lean;

impl GlobalTlsfOptions for Lean {
    /// The worker's logs and tables grow where they are, if there is room; on the page nothing is that large.
    const ENABLE_REALLOCATION: bool = !cfg!(feature = "ui");
    /// What the browser gives one after the other becomes one piece: large tables come and go.
    const COALESCE_POOLS: bool = true;
}
