// protocolbuffers/go: the messages.
package main

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	moneyv1 "registry.example/gen/go/owner/money/protocolbuffers/go/acme/money/v1"
	shopv1 "registry.example/gen/go/owner/shop/protocolbuffers/go/acme/shop/v1"
)

func main() {
	item := &shopv1.Item{
		Name:  "tea",
		Price: &moneyv1.Money{Currency: moneyv1.Currency_CURRENCY_KRONE, Units: 12},
		Sale:  shopv1.Sale_SALE_PIECE,
	}
	bytes, err := proto.Marshal(item)
	if err != nil {
		panic(err)
	}
	read := new(shopv1.Item)
	if err := proto.Unmarshal(bytes, read); err != nil {
		panic(err)
	}
	// wrong: item.Price = &shopv1.PriceResponse{}
	fmt.Println(read.GetName(), read.GetPrice().GetUnits())
}
