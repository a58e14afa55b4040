func (r *Recorder) keepRound(ctx context.Context, round Round) error {
	body, err := json.Marshal(round)
	if err != nil {
		return err
	}
	return r.memory.StoreMemory(ctx, Memory{
		Content:    string(body),
		Key:        "consensus/" + round.Spec + "/" + round.Stage,
		Importance: 8,
	})
}
// expects: 6:18
