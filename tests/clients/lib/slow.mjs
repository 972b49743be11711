// A registry whose modules take as long to generate as their owner's name says.

import { Balancer } from "./balancer.mjs";
import { Registry, freePort } from "./parts.mjs";

// The lengths that the Worker has by default, seconds: crates/edge/src/patience.rs.
const HOLDS = { FIRST_HOLD_SECONDS: 3, HOLD_SECONDS: 25, METADATA_HOLD_SECONDS: 14 };

/** Starts it, with a generator for each slowness; holds and sleeps are both multiplied by `scale`. */
export async function slowRegistry({ scale, delays }) {
  const balancer = new Balancer();
  const generatorUrl = `http://127.0.0.1:${await balancer.listen()}`;
  const vars = Object.fromEntries(Object.entries(HOLDS).map(([name, seconds]) => [name, seconds * scale]));
  const registry = await Registry.create({ vars, generatorUrl });
  const stop = async (options) => {
    await registry.stop(options);
    balancer.close();
  };
  try {
    for (const seconds of delays) {
      const port = await freePort();
      await registry.startGenerator(port, seconds * scale);
      balancer.route(seconds, port);
    }
    await registry.startWorker();
    await registry.publishCatalogue();
  } catch (error) {
    await stop({ keep: true });
    throw error;
  }
  Object.assign(process.env, registry.environment());
  return { registry, stop };
}
