// grpc/go: a service over gRPC.
package main

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	moneyv1 "registry.example/gen/go/owner/money/protocolbuffers/go/acme/money/v1"
	"registry.example/gen/go/owner/shop/grpc/go/acme/shop/v1/shopv1grpc"
	shopv1 "registry.example/gen/go/owner/shop/protocolbuffers/go/acme/shop/v1"
)

type shop struct {
	shopv1grpc.UnimplementedShopServiceServer
}

func (shop) GetItem(_ context.Context, request *shopv1.GetItemRequest) (*shopv1.Item, error) {
	return &shopv1.Item{Name: request.GetName(), Price: &moneyv1.Money{Units: 12}}, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	shopv1grpc.RegisterShopServiceServer(server, shop{})
	go server.Serve(listener)
	defer server.Stop()
	credentials := grpc.WithTransportCredentials(insecure.NewCredentials())
	connection, err := grpc.NewClient(listener.Addr().String(), credentials)
	if err != nil {
		panic(err)
	}
	client := shopv1grpc.NewShopServiceClient(connection)
	// wrong: client.GetItem(context.Background(), &shopv1.Item{})
	reply, err := client.GetItem(context.Background(), &shopv1.GetItemRequest{Name: "tea"})
	if err != nil {
		panic(err)
	}
	fmt.Println(reply.GetName(), reply.GetPrice().GetUnits())
}
