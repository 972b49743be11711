// community/timostamm-protobuf-ts: messages and clients with a runtime of their own.
import { TestTransport } from "@protobuf-ts/runtime-rpc";
import { Currency, Money } from "@scope/owner_money.community_timostamm-protobuf-ts/acme/money/v1/money_pb.js";
import { Item } from "@scope/owner_shop.community_timostamm-protobuf-ts/acme/shop/v1/item_pb.js";
import { ShopServiceClient } from "@scope/owner_shop.community_timostamm-protobuf-ts/acme/shop/v1/shop_pb.client.js";

const price: Money = Money.create({ currency: Currency.KRONE, units: "12" });
const transport = new TestTransport({ response: Item.create({ name: "tea", price }) });
const client = new ShopServiceClient(transport);
const item: Item = await client.getItem({ name: "tea", depth: 0 }).response;
const read = Item.fromBinary(Item.toBinary(item));
console.log(read.name, read.price?.currency, read.price?.units);

export function wrong() {
  // @ts-expect-error the request is known: it has a depth
  client.getItem({ name: "tea" });
  // @ts-expect-error the other module's message is known: its units are text here
  Item.create({ price: { units: 12n } });
}
