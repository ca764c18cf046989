// The original article's class, unchanged. Lesson 08 shows its faults; 08_reconnect.mjs has none.

class ReconnectingWebSocket {
  constructor(url) {
    this.url = url;
    this.ws = null;
    this.reconnectDelay = 5000;
    this.connect();
  }

  connect() {
    this.ws = new WebSocket(this.url);

    this.ws.addEventListener('open', () => {
      console.log('Connected');
      this.reconnectDelay = 5000; // Reset delay
    });

    this.ws.addEventListener('close', () => {
      console.log(`Reconnecting in ${this.reconnectDelay}ms...`);
      setTimeout(() => this.connect(), this.reconnectDelay);
      this.reconnectDelay *= 2; // Exponential backoff
      this.reconnectDelay = Math.min(this.reconnectDelay, 30000); // Max 30s
    });

    this.ws.addEventListener('error', (error) => {
      console.error('WebSocket error:', error);
    });
  }

  send(data) {
    if (this.ws.readyState === WebSocket.OPEN) {
      this.ws.send(data);
    } else {
      console.warn('WebSocket not open, message not sent');
    }
  }

  on(event, callback) {
    this.ws.addEventListener(event, callback);
  }
}
