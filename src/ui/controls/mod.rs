//! The controls: the recipe as a pipeline, and the transport.

mod knob;
mod number;
mod pipeline;
mod presets;
mod transport;
mod turns;

pub use knob::KnobControl;
pub use pipeline::PipelineProps;
pub use transport::TransportProps;
