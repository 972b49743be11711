// bufbuild/es, version 2: messages are plain objects with a schema beside them.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { Currency, type Money, MoneySchema } from "@scope/owner_money.bufbuild_es/acme/money/v1/money_pb.js";
import { type Item, ItemSchema } from "@scope/owner_shop.bufbuild_es/acme/shop/v1/item_pb.js";
import { ShopService } from "@scope/owner_shop.bufbuild_es/acme/shop/v1/shop_pb.js";

const price: Money = create(MoneySchema, { currency: Currency.KRONE, units: 12n });
const transport = createRouterTransport(({ service }) => {
  service(ShopService, { getItem: ({ name }) => ({ name, price }) });
});
const client = createClient(ShopService, transport);
const item: Item = await client.getItem({ name: "tea" });
const read = fromBinary(ItemSchema, toBinary(ItemSchema, item));
console.log(read.name, read.price?.currency, read.price?.units);

export function wrong() {
  // @ts-expect-error the other module's message is known: its units are a bigint
  create(ItemSchema, { price: { units: "12" } });
  // @ts-expect-error the reply is known
  client.getItem({}).then((reply) => reply.pirce);
}
