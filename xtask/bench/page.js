// Starts the worker and keeps what it says where the driver looks for it.
const worker = new Worker("worker.js" + location.search);
worker.onmessage = (message) => { window.result = message.data; };
worker.onerror = (error) => { window.result = { error: error.message }; };
