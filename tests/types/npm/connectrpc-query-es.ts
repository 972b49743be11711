// connectrpc/query-es: methods for TanStack Query, with the messages of bufbuild/es, version 2.
import { create } from "@bufbuild/protobuf";
import { createRouterTransport } from "@connectrpc/connect";
import { callUnaryMethod } from "@connectrpc/connect-query";
import { Currency, MoneySchema } from "@scope/owner_money.bufbuild_es/acme/money/v1/money_pb.js";
import { type Item } from "@scope/owner_shop.bufbuild_es/acme/shop/v1/item_pb.js";
import { ShopService } from "@scope/owner_shop.bufbuild_es/acme/shop/v1/shop_pb.js";
import { getItem } from "@scope/owner_shop.connectrpc_query-es/acme/shop/v1/shop-ShopService_connectquery.js";
import { pay } from "@scope/owner_shop.connectrpc_query-es/acme/shop/v1/shop-TillService_connectquery.js";

const price = create(MoneySchema, { currency: Currency.KRONE, units: 12n });
const transport = createRouterTransport(({ service }) => {
  service(ShopService, { getItem: ({ name }) => ({ name, price }) });
});
const item: Item = await callUnaryMethod(transport, getItem, { name: "tea" });
console.log(item.name, item.price?.currency, item.price?.units);

export function wrong() {
  // @ts-expect-error the request is known: a name is text
  callUnaryMethod(transport, getItem, { name: 7 });
  // @ts-expect-error so is the other module's message, which this method takes
  callUnaryMethod(transport, pay, { units: "12" });
}
