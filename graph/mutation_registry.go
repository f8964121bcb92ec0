package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/entry"
)

// register has a community or stakeholder entered and gives its global id; "" where it was not done.
func (m mutation) register(ctx context.Context, typ string, k key, made clientID, row domain.Registered) (string, []*model.UserError, error) {
	f := new(fields)
	n := entry.New{Command: "create" + typ, Key: k.Value(), ID: f.made(made)}
	n.Wrong = f.wrong
	id, err := m.Registry.Enter(ctx, access.FromContext(ctx), row, n)
	return answer(ctx, typ, id, err)
}

func (m mutation) CreateCommunity(ctx context.Context, in model.CreateCommunityInput) (*model.CommunityPayload, error) {
	id, wrong, err := m.register(ctx, "Community", in.IdempotencyKey, in.ClientID, &domain.Community{
		RegionCode: in.RegionCode, Kind: in.Kind, Name: in.Name, Population: in.Population, PopulationFemale: in.PopulationFemale,
		PopulationMale: in.PopulationMale, PopulationWithDisability: in.PopulationWithDisability, Households: in.Households,
		Latitude: in.Latitude.Value(), Longitude: in.Longitude.Value(),
	})
	return &model.CommunityPayload{Community: at(id, &model.Community{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateCommunity(ctx context.Context, in model.UpdateCommunityInput) (*model.CommunityPayload, error) {
	row, done := new(domain.Community), uuid.Nil
	c, err := toChange("Community", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, row, func(m *domain.Community, f *fields) {
		set(f, "kind", &m.Kind, in.Kind)
		set(f, "name", &m.Name, in.Name)
		set(f, "population", &m.Population, in.Population)
		set(f, "populationFemale", &m.PopulationFemale, in.PopulationFemale)
		set(f, "populationMale", &m.PopulationMale, in.PopulationMale)
		set(f, "populationWithDisability", &m.PopulationWithDisability, in.PopulationWithDisability)
		set(f, "households", &m.Households, in.Households)
		let(f, "latitude", &m.Latitude, in.Latitude)
		let(f, "longitude", &m.Longitude, in.Longitude)
	})
	if err == nil {
		done, err = m.Registry.Change(ctx, access.FromContext(ctx), row, c)
	}
	id, wrong, err := answer(ctx, "Community", done, err)
	return &model.CommunityPayload{Community: at(id, &model.Community{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateStakeholder(ctx context.Context, in model.CreateStakeholderInput) (*model.StakeholderPayload, error) {
	id, wrong, err := m.register(ctx, "Stakeholder", in.IdempotencyKey, in.ClientID, &domain.Stakeholder{
		RegionCode: in.RegionCode, Kind: in.Kind, Name: in.Name, Description: in.Description.Value(), Contact: in.Contact.Value(),
	})
	return &model.StakeholderPayload{Stakeholder: at(id, &model.Stakeholder{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateStakeholder(ctx context.Context, in model.UpdateStakeholderInput) (*model.StakeholderPayload, error) {
	row, done := new(domain.Stakeholder), uuid.Nil
	c, err := toChange("Stakeholder", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, row, func(s *domain.Stakeholder, f *fields) {
		set(f, "kind", &s.Kind, in.Kind)
		set(f, "name", &s.Name, in.Name)
		let(f, "description", &s.Description, in.Description)
		let(f, "contact", &s.Contact, in.Contact)
	})
	if err == nil {
		done, err = m.Registry.Change(ctx, access.FromContext(ctx), row, c)
	}
	id, wrong, err := answer(ctx, "Stakeholder", done, err)
	return &model.StakeholderPayload{Stakeholder: at(id, &model.Stakeholder{ID: id}), UserErrors: wrong}, err
}
