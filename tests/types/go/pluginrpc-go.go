// pluginrpc/go: a service that is a program of its own; here it is served within this one.
package main

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/emptypb"
	"pluginrpc.com/pluginrpc"
	moneyv1 "registry.example/gen/go/owner/money/protocolbuffers/go/acme/money/v1"
	"registry.example/gen/go/owner/shop/pluginrpc/go/acme/shop/v1/shopv1pluginrpc"
	shopv1 "registry.example/gen/go/owner/shop/protocolbuffers/go/acme/shop/v1"
)

type shop struct{}

func (shop) GetItem(_ context.Context, request *shopv1.GetItemRequest) (*shopv1.Item, error) {
	return &shopv1.Item{Name: request.GetName(), Price: &moneyv1.Money{Units: 12}}, nil
}

func (shop) CreateItem(context.Context, *shopv1.CreateItemRequest) (*shopv1.Item, error) {
	return new(shopv1.Item), nil
}

func (shop) UpdateItem(context.Context, *shopv1.UpdateItemRequest) (*shopv1.Item, error) {
	return new(shopv1.Item), nil
}

func (shop) DeleteItem(context.Context, *shopv1.GetItemRequest) (*emptypb.Empty, error) {
	return new(emptypb.Empty), nil
}

func (shop) Price(context.Context, *shopv1.GetItemRequest) (*shopv1.PriceResponse, error) {
	return new(shopv1.PriceResponse), nil
}

func main() {
	spec, err := shopv1pluginrpc.ShopServiceSpecBuilder{}.Build()
	if err != nil {
		panic(err)
	}
	registrar := pluginrpc.NewServerRegistrar()
	handler := pluginrpc.NewHandler(spec)
	shopv1pluginrpc.RegisterShopServiceServer(registrar, shopv1pluginrpc.NewShopServiceServer(handler, shop{}))
	server, err := pluginrpc.NewServer(spec, registrar)
	if err != nil {
		panic(err)
	}
	client, err := shopv1pluginrpc.NewShopServiceClient(pluginrpc.NewClient(pluginrpc.NewServerRunner(server)))
	if err != nil {
		panic(err)
	}
	// wrong: client.GetItem(context.Background(), &shopv1.Item{})
	reply, err := client.GetItem(context.Background(), &shopv1.GetItemRequest{Name: "tea"})
	if err != nil {
		panic(err)
	}
	fmt.Println(reply.GetName(), reply.GetPrice().GetUnits())
}
