"""bufbuild/py."""

from acme.money.v1.money_pb import Currency, Money
from acme.shop.v1.item_pb import Item

price = Money(currency=Currency.KRONE, units=12)
item = Item(name="tea", price=price)
read = Item.from_binary(item.to_binary())
assert read.price is not None
print(read.name, read.price.units)


def wrong() -> None:
    Item(name=7)  # type: ignore[arg-type]
    price.units = "12"  # type: ignore[assignment]
