// connectrpc/go: a service over HTTP.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"
	moneyv1 "registry.example/gen/go/owner/money/protocolbuffers/go/acme/money/v1"
	"registry.example/gen/go/owner/shop/connectrpc/go/acme/shop/v1/shopv1connect"
	shopv1 "registry.example/gen/go/owner/shop/protocolbuffers/go/acme/shop/v1"
)

type shop struct {
	shopv1connect.UnimplementedShopServiceHandler
}

func (shop) GetItem(
	_ context.Context, request *connect.Request[shopv1.GetItemRequest],
) (*connect.Response[shopv1.Item], error) {
	price := &moneyv1.Money{Units: 12}
	return connect.NewResponse(&shopv1.Item{Name: request.Msg.GetName(), Price: price}), nil
}

func main() {
	mux := http.NewServeMux()
	mux.Handle(shopv1connect.NewShopServiceHandler(shop{}))
	server := httptest.NewServer(mux)
	defer server.Close()
	client := shopv1connect.NewShopServiceClient(server.Client(), server.URL)
	request := connect.NewRequest(&shopv1.GetItemRequest{Name: "tea"})
	// wrong: client.GetItem(context.Background(), connect.NewRequest(&shopv1.Item{}))
	reply, err := client.GetItem(context.Background(), request)
	if err != nil {
		panic(err)
	}
	fmt.Println(reply.Msg.GetName(), reply.Msg.GetPrice().GetUnits())
}
