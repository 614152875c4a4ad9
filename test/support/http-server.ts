import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on a free port of this machine. */
export interface LocalServer {
  server: Server;
  url: string;
  port: number;
  close(): Promise<void>;
}

/**
 * Serves until it is closed. An idle connection is never closed by the server: it and its clients share one process, and
 * where that stands still for five seconds, the server's time-out and a client's next request on the same connection meet,
 * and the request fails with ECONNRESET.
 */
export async function localServer(listener: RequestListener): Promise<LocalServer> {
  const server = createServer({ keepAliveTimeout: 0 }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { server, url: `http://127.0.0.1:${port}`, port, close };
}
