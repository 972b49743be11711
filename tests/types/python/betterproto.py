"""community/danielgtaylor-betterproto."""

from acme.money.v1 import Currency, Money

price = Money(currency=Currency.CURRENCY_KRONE, units=12)
read = Money().parse(bytes(price))
print("tea", read.units)


def wrong() -> None:
    price.units = "12"  # type: ignore[assignment]
