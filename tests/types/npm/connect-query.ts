// bufbuild/connect-query: hooks for TanStack Query, with the messages of bufbuild/es, version 1.
import { createRouterTransport } from "@bufbuild/connect";
import { MethodKind } from "@bufbuild/protobuf";
import { Currency, Money } from "@scope/owner_money.bufbuild_es/acme/money/v1/money_pb.js";
import { Item } from "@scope/owner_shop.bufbuild_es/acme/shop/v1/item_pb.js";
import { GetItemRequest } from "@scope/owner_shop.bufbuild_es/acme/shop/v1/shop_pb.js";
import { getItem } from "@scope/owner_shop.bufbuild_connect-query/acme/shop/v1/shop-ShopService_connectquery.js";
import { pay } from "@scope/owner_shop.bufbuild_connect-query/acme/shop/v1/shop-TillService_connectquery.js";

const method = { name: "GetItem", kind: MethodKind.Unary, I: GetItemRequest, O: Item } as const;
const price = new Money({ currency: Currency.KRONE, units: 12n });
const transport = createRouterTransport(({ service }) => {
  service({ typeName: "acme.shop.v1.ShopService", methods: { getItem: method } }, { getItem: ({ name }) => new Item({ name, price }) });
});
const item: Item = await getItem.createUseQueryOptions({ name: "tea" }, { transport }).queryFn();
console.log(item.name, item.price?.currency, item.price?.units);

export function wrong() {
  // @ts-expect-error the request is known: a name is text
  getItem.createUseQueryOptions({ name: 7 }, { transport });
  // @ts-expect-error so is the other module's message, which this method takes
  pay.createUseQueryOptions({ units: "12" }, { transport });
}
