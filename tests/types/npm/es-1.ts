// bufbuild/es, version 1: messages are classes.
import { Currency, Money } from "@scope/owner_money.bufbuild_es/acme/money/v1/money_pb.js";
import { Item, Sale } from "@scope/owner_shop.bufbuild_es/acme/shop/v1/item_pb.js";

const price: Money = new Money({ currency: Currency.KRONE, units: 12n });
const item = new Item({ name: "tea", price, sale: Sale.PIECE });
const read: Item = Item.fromBinary(item.toBinary());
console.log(read.name, read.price?.currency, read.price?.units);

export function wrong() {
  // @ts-expect-error the other module's message is known: its units are a bigint
  new Item({ price: { units: "12" } });
  // @ts-expect-error so is what is read
  read.price?.amount;
}
