import { serve } from './plugin.js'
import { trainings } from './rules.js'

serve(trainings)
