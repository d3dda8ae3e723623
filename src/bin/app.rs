//! The page: shows, and asks the worker.

fn main() {
    playground::ui::start();
}
