// connectrpc/es: services for the messages of bufbuild/es, version 1.
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { Currency, Money } from "@scope/owner_money.bufbuild_es/acme/money/v1/money_pb.js";
import { Item } from "@scope/owner_shop.bufbuild_es/acme/shop/v1/item_pb.js";
import { ShopService } from "@scope/owner_shop.connectrpc_es/acme/shop/v1/shop_connect.js";

const price = new Money({ currency: Currency.KRONE, units: 12n });
const transport = createRouterTransport(({ service }) => {
  service(ShopService, { getItem: ({ name }) => new Item({ name, price }) });
});
const client = createClient(ShopService, transport);
const item: Item = await client.getItem({ name: "tea" });
console.log(item.name, item.price?.currency, item.price?.units);

export function wrong() {
  // @ts-expect-error the request is known: a name is text
  client.getItem({ name: 7 });
  // @ts-expect-error so is the other module's message, which this method takes
  ShopService.methods.sum.I.fromBinary(new Uint8Array()).amount;
}
