//! The worker: owns data, model and index, and serves the page.

fn main() {
    playground::web::serve();
}
